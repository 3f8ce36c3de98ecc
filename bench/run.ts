// pnpm bench [section …]: measures the command as it is published (built) and its peers on the same bytes, and writes
// bench/RESULTS.md; the sections are listed below. Needs a built tree (pnpm build).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copySection } from './copy.ts';
import { decodeSection } from './decode/section.ts';
import { explainSection } from './explain.ts';
import { browserSection, linearSection } from './linear/sections.ts';
import { filesSection } from './files.ts';
import { memorySection } from './memory.ts';
import { planningSection } from './planning.ts';
import { pythonReSection } from './python-re.ts';
import type { BenchContext, Section } from './section.ts';
import { torchaoSection } from './torchao.ts';
import { webgpuSection } from './webgpu/section.ts';
import { wasmQuantizeSection } from './wasm-quantize.ts';
import { workersSection } from './workers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'bench/RESULTS.md');
const sections: readonly Section[] = [
  planningSection,
  explainSection,
  pythonReSection,
  copySection,
  workersSection,
  wasmQuantizeSection,
  linearSection,
  browserSection,
  decodeSection,
  webgpuSection,
  torchaoSection,
  filesSection,
  memorySection,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0) {
  console.error(`no section is called ${unknown.join(', ')}; there are ${sections.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const main = join(root, 'apps/cli/dist/main.js');
if (!existsSync(main)) {
  console.error('apps/cli/dist is missing: run `pnpm build` first');
  process.exit(2);
}

const scratch = mkdtempSync(join(process.env.FEWBIT_BENCH_DIR ?? tmpdir(), 'fewbit-bench-'));
const context: BenchContext = { root, scratch, fewbit: [process.execPath, main] };
const text = existsSync(results) ? readFileSync(results, 'utf8') : '';
const kept = new Map(
  text
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## '))
    .map((part) => [part.slice(3, part.indexOf('\n')), part]),
);
try {
  for (const section of sections) {
    if (wanted.length > 0 && !wanted.includes(section.name)) continue;
    console.log(`--- ${section.name}`);
    const body = await section.run(context);
    console.log(body);
    kept.set(section.name, `## ${section.name}\n\n${body.trim()}\n\n`);
    // After each section: a later one that fails does not take the earlier ones with it.
    writeResults();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function writeResults(): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const day = new Date().toISOString().slice(0, 10);
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  const head = [
    '# Measured',
    '',
    'Written by `pnpm bench`, which runs fewbit as built and its peers on the same bytes.',
    `Last written ${day} at commit ${commit}, on ${cpus().length} cores (${processor}), Node ${process.version}, Linux.`,
    '',
    '',
  ].join('\n');
  writeFileSync(
    results,
    head +
      sections
        .map(({ name }) => kept.get(name) ?? '')
        .join('')
        .trimEnd() +
      '\n',
  );
}
