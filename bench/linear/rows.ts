import type { Operator } from './onnx-peer.ts';
import type { Shape } from './problem.ts';

export type Variant = 'plain' | 'relaxed';
export type Place = 'Node 24' | 'Node 20' | 'Chromium';

/** Work that we and peers do side by side. */
export interface Row {
  readonly title: string;
  readonly shape: Shape;
  /** Copies of the layer that are run in turn: one lies in a cache, many do not. */
  readonly copies: number;
  readonly peer: 'onnxruntime-web' | 'onnxruntime-node';
  /** Doing the same; the fastest counts. */
  readonly operators: readonly Operator[];
  /** How many times as fast as the peer we must be, with each module. */
  readonly asked: Readonly<Partial<Record<Variant, number>>>;
  /** Whether two threads must be 1.7 times as fast as one. */
  readonly threads: boolean;
}

const INT4: readonly Operator[] = ['MatMulNBits acc 4', 'MatMulNBits acc 0'];
const INT8: readonly Operator[] = ['DynamicQuantizeMatMul', 'MatMulInteger'];

export const ROWS: readonly Row[] = [
  {
    title: 'int4 g32 gemv 2048 x 2048',
    ...{ shape: square('int4', 1, 2048), copies: 1, peer: 'onnxruntime-web', operators: INT4 },
    ...{ asked: { relaxed: 60, plain: 40 }, threads: false },
  },
  {
    title: 'int4 g32 gemv 4096 x 4096, 34 copies in turn (340 MiB)',
    ...{ shape: square('int4', 1, 4096), copies: 34, peer: 'onnxruntime-node', operators: ['MatMulNBits acc 4'] },
    ...{ asked: { relaxed: 0.9 }, threads: true },
  },
  {
    title: 'int4 g32 gemm 64 x 2048 x 2048',
    ...{ shape: square('int4', 64, 2048), copies: 1, peer: 'onnxruntime-web', operators: INT4 },
    ...{ asked: { relaxed: 6 }, threads: true },
  },
  {
    title: 'int8 dynamic gemm 64 x 2048 x 2048',
    ...{ shape: square('int8', 64, 2048), copies: 1, peer: 'onnxruntime-web', operators: INT8 },
    ...{ asked: { relaxed: 2, plain: 1 }, threads: true },
  },
  {
    title: 'int8 dynamic gemv 2048 x 2048',
    ...{ shape: square('int8', 1, 2048), copies: 1, peer: 'onnxruntime-web', operators: INT8 },
    ...{ asked: { relaxed: 8, plain: 8 }, threads: false },
  },
];

function square(kind: Shape['kind'], rows: number, extent: number): Shape {
  return { kind, rows, outFeatures: extent, inFeatures: extent };
}
