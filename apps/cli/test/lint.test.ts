import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../src/program.ts';
import type { Terminal } from '../src/terminal.ts';
import { fewbit, json, recipeFile, scratch, tinyLlama, writeModel } from './helpers.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const TYPO = '{\n  "layers.0.self_attn.q_proj": {"type": "Int8WeightOnlyConfig"},\n  "lm_head": null\n}\n';

interface Linted {
  readonly totals: { readonly errors: number; readonly warnings: number; readonly notes: number };
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: string;
    readonly keys: readonly string[];
    readonly position: { readonly line: number; readonly column: number };
  }[];
}

describe('fewbit lint', () => {
  it('prints file, line and column, the place underlined, and what to do, and ends with 1', async () => {
    const file = recipeFile(scratch(), TYPO);
    const { code, out } = await fewbit('lint', file, '--checkpoint', tinyLlama);
    expect(code).toBe(1);
    expect(out).toContain(`${file}:2:3 error missing-prefix key "layers.0.self_attn.q_proj" matches nothing`);
    expect(out).toContain('  2 │   "layers.0.self_attn.q_proj": {"type"');
    expect(out).toMatch(/^ +│ {3}\^{27}$/m);
    expect(out).toContain('help: Only "model.layers.0.self_attn.q_proj" matches.');
    expect(out).not.toContain('\u001b');
  });

  it('says so when there is nothing to report, with and without a checkpoint', async () => {
    const file = recipeFile(scratch(), { 're:model\\.layers\\.\\d+\\.mlp\\..*_proj': INT8 });
    expect(await fewbit('lint', file)).toMatchObject({ code: 0, out: 'nothing to report\n' });
    expect(await fewbit('lint', file, '--checkpoint', tinyLlama)).toMatchObject({
      code: 0,
      out: 'nothing to report\n',
    });
  });

  it('rewrites the recipe with --fix, keeps its mode, and leaves no other file behind', async () => {
    const directory = scratch();
    const file = recipeFile(directory, TYPO);
    chmodSync(file, 0o640);
    const { code, out } = await fewbit('lint', file, '--checkpoint', tinyLlama, '--fix');
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(TYPO.replace('"layers', '"model.layers'));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(['recipe.json']);
    expect(out).toContain('fixed missing-prefix: write "model.layers.0.self_attn.q_proj"');
  });

  it('does not touch a recipe that has nothing to fix', async () => {
    const file = recipeFile(scratch(), '{"lm_heed": null}');
    const before = statSync(file).mtimeMs;
    await fewbit('lint', file, '--checkpoint', tinyLlama, '--fix');
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('gives programs the documented fields', async () => {
    const file = recipeFile(scratch(), TYPO);
    const { totals, findings } = json(await fewbit('lint', file, '--checkpoint', tinyLlama, '--json')) as Linted;
    expect(totals.errors).toBe(1);
    expect(findings[0]).toMatchObject({
      rule: 'missing-prefix',
      severity: 'error',
      position: { line: 2, column: 3 },
      end: { line: 2, column: 30 },
      keys: ['layers.0.self_attn.q_proj'],
      fix: 'write "model.layers.0.self_attn.q_proj"',
    });
  });

  it('writes SARIF with the recipe as its artifact', async () => {
    const file = recipeFile(scratch(), TYPO);
    const log = json(await fewbit('lint', file, '--checkpoint', tinyLlama, '--sarif'));
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'missing-prefix', level: 'error' }] }],
    });
    expect(JSON.stringify(log)).toContain(`file://${file}`);
  });

  it('takes severities from the command line before those of fewbit.lint.json beside the recipe', async () => {
    const directory = scratch();
    const file = recipeFile(directory, { lm_heed: null, 're:.*_proj': INT8 });
    const lint = async (...more: string[]): Promise<readonly string[]> => {
      const { findings } = json(await fewbit('lint', file, '--checkpoint', tinyLlama, '--json', ...more)) as Linted;
      return findings.map(({ rule, severity }) => `${rule} ${severity}`);
    };
    expect(await lint()).toEqual(['key-matches-nothing warning']);
    writeFileSync(join(directory, 'fewbit.lint.json'), JSON.stringify({ rules: { 'key-matches-nothing': 'error' } }));
    expect(await lint()).toEqual(['key-matches-nothing error']);
    expect(await lint('--rule', 'key-matches-nothing=off')).toEqual([]);
  });

  it('reads the recipe as the chosen consumer does, and refuses one that it does not know', async () => {
    const file = recipeFile(scratch(), { 'model.embed_tokens': INT8, 're:.*self_attn.*': INT8 });
    const lint = (...more: string[]): ReturnType<typeof fewbit> =>
      fewbit('lint', file, '--checkpoint', tinyLlama, ...more);
    expect((await lint()).out).not.toContain('consumer');
    expect((await lint('--consumer', 'vllm')).out).toMatch(/error consumer-cannot-load key "model\.embed_tokens"/);
    expect((await lint('--consumer', 'torchao')).out).toMatch(/error container-matched .*self_attn/);
    expect((await lint('--consumer', 'vlm')).code).toBe(2);
  });

  it('ends with 1 beyond --max-warnings, and not for notes', async () => {
    const file = recipeFile(scratch(), { lm_heed: null, 're:.*_proj': INT8 });
    expect((await fewbit('lint', file, '--checkpoint', tinyLlama)).code).toBe(0);
    expect((await fewbit('lint', file, '--checkpoint', tinyLlama, '--max-warnings', '1')).code).toBe(0);
    expect((await fewbit('lint', file, '--checkpoint', tinyLlama, '--max-warnings', '0')).code).toBe(1);
  });

  it.each([
    ['a severity that there is not', ['--rule', 'key-shadowed=loud']],
    ['a rule that there is not', ['--rule', 'key-shadowd=off']],
    ['a checkpoint that is not there', ['--checkpoint', '/nowhere']],
    ['a number of warnings that is none', ['--max-warnings', 'few']],
  ])('ends with 2 for %s', async (_, more) => {
    const file = recipeFile(scratch(), { lm_head: null });
    expect((await fewbit('lint', file, ...more)).code).toBe(2);
  });

  it('ends with 2 for a recipe that cannot be read, one that is missing, and settings that mean nothing', async () => {
    const directory = scratch();
    expect((await fewbit('lint', recipeFile(directory, '{"re:(": null}'))).code).toBe(2);
    expect((await fewbit('lint')).code).toBe(2);
    const file = recipeFile(directory, { lm_head: null });
    writeFileSync(join(directory, 'fewbit.lint.json'), '{"rulez": {}}');
    const { code, err } = await fewbit('lint', file);
    expect(code).toBe(2);
    expect(err).toContain('rulez');
  });

  it('lists the rules, those of plugins with them, and uses these', async () => {
    const directory = scratch();
    const plugin = join(directory, 'plugin.mjs');
    writeFileSync(
      plugin,
      `export const configs = [];
       export const rules = [{ id: 'mine', severity: 'error', title: 'mine', explanation: 'Mine.', examples: { bad: [], good: [] },
         check: ({ keys }) => keys.map(({ entry }) => ({ message: 'seen', entries: [entry] })) }];`,
    );
    expect((await fewbit('lint', '--rules', '--plugin', plugin)).out).toMatch(/^mine \(error\): mine$/m);
    const file = recipeFile(directory, { 're:.*_proj': INT8 });
    expect((await fewbit('lint', file, '--plugin', plugin)).out).toContain('error mine seen');
  });

  it('cannot be made to move the cursor by a key or a tensor name, and shows a long line in part', async () => {
    const directory = join(scratch(), 'model');
    mkdirSync(directory);
    writeModel(directory, { 'evil\u001b[2J.weight': { shape: [4, 4] } });
    const long = `{${Array.from({ length: 200 }, (_, at) => `"k${at}": null`).join(', ')}, "bad\\u001b[2J": null}`;
    const { out } = await fewbit('lint', recipeFile(directory, long), '--checkpoint', directory);
    expect(out).not.toContain('\u001b');
    for (const line of out.split('\n')) if (line.includes(' │ ')) expect(line.length).toBeLessThan(140);
  });

  it('uses colours only where the terminal has them', async () => {
    let out = '';
    const terminal: Terminal = {
      out: (text) => {
        out += text;
      },
      err: () => undefined,
      flushed: () => Promise.resolve(),
      interactive: false,
      color: true,
      columns: null,
    };
    await run(['lint', recipeFile(scratch(), TYPO), '--checkpoint', tinyLlama], terminal);
    expect(out).toContain('\u001b[31merror\u001b[0m');
  });
});
