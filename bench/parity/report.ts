import type { Agreement } from './agreement.ts';
import type { Measured } from './measure-adapter.ts';
import { PEER_SHAPE, type PeerParity } from './measure-peers.ts';
import { ROWS, SHAPE, type VariantParity } from './measure-variants.ts';

const BOUNDS = { f32: 1e-5, f16: 2e-3 } as const;

/** Markdown: what holds first, then variant by variant. */
export function reportOf(adapters: readonly Measured[]): string {
  const kernels = adapters.flatMap(({ adapter, variants }) => kernelsOf(variants).map((group) => ({ adapter, group })));
  return [
    '# Agreement of the WebGPU kernels',
    '',
    'Written by `pnpm parity`. Every kind of layer of the conformance suite, in F32, with weights of',
    `[${SHAPE.join(', ')}], at every stage (${stages()}), on every variant of a kernel that the adapter`,
    'can run, against the reference backend of `@fewbit/core`, which adds up in f64, and against `@fewbit/kernels-wasm`. "Relative" is the',
    'largest error over the sum of absolute products, which the contract bounds: 1e-5 in f32, 2e-3 in f16. "Different" counts results whose',
    'bits differ: of `codes exact` there are none.',
    '',
    ...adapters.map(
      ({ adapter, rejected }) =>
        `- ${adapter}. Rejected by the self-test: ${rejected.length === 0 ? 'none' : rejected.join(', ')}.`,
    ),
    '',
    '## In short',
    '',
    'The worst of all variants and stages of a kernel.',
    '',
    ...table(
      [
        'adapter',
        'kernel',
        'in',
        'variants',
        'max error',
        'mean error',
        'relative',
        'of the bound',
        '1 - cosine',
        'different',
        'relative, against WASM',
      ],
      kernels.map(({ adapter, group }) => summary(adapter, group)),
    ),
    '',
    "## Against onnxruntime-node's WebGPU provider",
    '',
    `MatMulNBits of onnxruntime-node 1.30 on the same adapters and the same matrices: int4 in groups of 32, [${PEER_SHAPE.outFeatures}, ${PEER_SHAPE.inFeatures}], no`,
    'operator on the CPU. Accuracy level 4 quantizes activations to 8 bits by 128 values, ours by rows: the first columns hold against',
    'activations as they are, so that quantizing them counts; "against the same" holds against the reference with activations quantized as ours are.',
    '',
    ...table(
      [
        'adapter',
        'rows',
        'who',
        'max error',
        'mean error',
        'relative',
        '1 - cosine',
        'relative, against the same',
        'relative, against onnxruntime',
      ],
      adapters.flatMap(({ adapter, peers }) => peers.map((peer) => peerCells(adapter, peer))),
    ),
    ...adapters.flatMap(({ adapter, variants }) => [
      '',
      `## ${shortName(adapter)}, variant by variant`,
      '',
      ...table(
        [
          'stage',
          'kernel',
          'variant',
          'layers',
          'max error',
          'mean error',
          'relative',
          '1 - cosine',
          'different',
          'max error, against WASM',
          'relative',
        ],
        variants.map(variantCells),
      ),
    ]),
    '',
  ].join('\n');
}

/** Variants of one kernel in one precision. */
function kernelsOf(variants: readonly VariantParity[]): readonly (readonly VariantParity[])[] {
  const groups: Map<string, VariantParity[]> = new Map();
  for (const variant of variants) {
    const key = `${variant.kernel}; ${variant.precision}`;
    groups.set(key, [...(groups.get(key) ?? []), variant]);
  }
  return [...groups.values()];
}

function stages(): string {
  return Object.entries(ROWS)
    .map(([stage, rows]) => `${stage} with ${rows} ${rows === 1 ? 'row' : 'rows'} of activations`)
    .join(', ');
}

function summary(adapter: string, group: readonly VariantParity[]): readonly string[] {
  const worst = (of: (variant: VariantParity) => number): number => Math.max(...group.map(of));
  const [{ kernel, precision } = { kernel: '', precision: 'f32' as const }] = group;
  const relative = worst(({ reference }) => reference.relative);
  return [
    ...[shortName(adapter), `\`${kernel}\``, precision, `${group.length}`],
    ...[worst(({ reference }) => reference.largest), worst(({ reference }) => reference.mean), relative].map(figure),
    `${((100 * relative) / BOUNDS[precision]).toFixed(0)} %`,
    figure(worst(({ reference }) => reference.angle)),
    `${group.reduce((sum, { reference }) => sum + reference.different, 0)}`,
    figure(worst(({ wasm }) => wasm.relative)),
  ];
}

function peerCells(adapter: string, { name, rows, plain, quantized, onnx }: PeerParity): readonly string[] {
  return [
    ...[shortName(adapter), `${rows}`, name],
    ...[plain.largest, plain.mean, plain.relative, plain.angle].map(figure),
    ...[quantized, onnx].map((agreement) => (agreement === null ? '' : figure(agreement.relative))),
  ];
}

function variantCells({ stage, kernel, variant, layers, reference, wasm }: VariantParity): readonly string[] {
  const own = (agreement: Agreement): readonly string[] =>
    [agreement.largest, agreement.mean, agreement.relative, agreement.angle].map(figure);
  const name = [stage, `\`${kernel}\``, variant, `${layers}`];
  return [...name, ...own(reference), `${reference.different}`, figure(wasm.largest), figure(wasm.relative)];
}

function shortName(adapter: string): string {
  return /swiftshader/i.test(adapter) ? 'SwiftShader' : /llvmpipe/i.test(adapter) ? 'lavapipe' : adapter;
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
