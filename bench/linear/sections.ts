import { busyness } from '../measure.ts';
import type { Section } from '../section.ts';
import type { RowResult } from './measure-rows.ts';
import { findNode20, measureInChromium, measureInNode, versionOf } from './places.ts';
import { LEGEND, tableOf } from './table.ts';

/** Running quantized layers in Node, against onnxruntime-web and onnxruntime-node. */
export const linearSection: Section = {
  name: 'linear',
  run: async ({ scratch }) => {
    const load = busyness();
    const node20 = findNode20(scratch);
    const newest = tableOf('Node 24', await measureInNode(process.execPath, ['relaxed', 'plain']));
    const oldest = tableOf('Node 20', await measureInNode(node20, ['plain']));
    return [
      `onnxruntime 1.30. ${load} ${LEGEND}`,
      `### Node ${process.version}`,
      newest,
      `### Node ${versionOf(node20)}, which computes relaxed SIMD wrongly`,
      oldest,
    ].join('\n\n');
  },
};

/** The same in headless Chromium, in a page that is isolated from other origins. */
export const browserSection: Section = {
  name: 'browser',
  run: async () => {
    const load = busyness();
    const native = await measureInNode(process.execPath, ['relaxed'], 'onnxruntime-node');
    const { version, rows } = await measureInChromium();
    const head = `${version}, headless; onnxruntime-web 1.30. ${load} Read as \`linear\` above; onnxruntime-node ran in Node just before, not in turn.`;
    return [head, tableOf('Chromium', withPeersOf(native, rows))].join('\n\n');
  },
};

/** Rows of a page, with the timings of peers that a page cannot run. */
function withPeersOf(native: readonly RowResult[], rows: readonly RowResult[]): readonly RowResult[] {
  return rows.map((row) => {
    const other = native.find(({ title }) => title === row.title);
    const peers = Object.entries(other?.timings ?? {}).filter(([name]) => name.startsWith('onnxruntime-node'));
    return { ...row, timings: { ...row.timings, ...Object.fromEntries(peers) } };
  });
}
