import type { InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';
import type { Contender } from './interleave.ts';
import { dynamicQuantizeMatMul, matMulInteger, matMulNBits } from './onnx-models.ts';
import type { Problem } from './problem.ts';

/** What onnxruntime-web and onnxruntime-node have in common. */
export interface Onnx {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}

export type Operator = 'MatMulNBits acc 4' | 'MatMulNBits acc 0' | 'DynamicQuantizeMatMul' | 'MatMulInteger';

const MODELS: Readonly<Record<Operator, (problem: Problem) => Uint8Array>> = {
  'MatMulNBits acc 4': (problem) => matMulNBits(problem, 4),
  'MatMulNBits acc 0': (problem) => matMulNBits(problem, 0),
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  MatMulInteger: matMulInteger,
};

/** A package of onnxruntime and what of it runs the model, by the name of its provider. */
const PROVIDERS = {
  'onnxruntime-web': 'wasm',
  'onnxruntime-node': 'cpu',
  'onnxruntime-node WebGPU': 'webgpu',
} as const;

type Runtime = keyof typeof PROVIDERS;

const ONE_THREAD = { intraOpNumThreads: 1, interOpNumThreads: 1 } as const;

/** A node that runs on no GPU is an error, not the CPU's. */
const GPU_ALONE = { extra: { session: { disable_cpu_ep_fallback: '1' } } } as const;

export interface Peer extends Contender {
  /** [M, N] of the layer, as floats. */
  readonly results: () => Promise<Float32Array>;
  readonly release: () => Promise<void>;
}

/** A peer on one thread that runs as many copies of a layer in turn, each a session of its own. */
export async function onnxPeer(
  runtime: Runtime,
  { InferenceSession, Tensor }: Onnx,
  operator: Operator,
  { problem, copies }: { readonly problem: Problem; readonly copies: number },
): Promise<Peer> {
  const model = MODELS[operator](problem);
  const integers = operator === 'MatMulInteger' ? quantizedRows(problem) : null;
  const provider = PROVIDERS[runtime];
  const options = { executionProviders: [provider], ...ONE_THREAD, ...(provider === 'webgpu' ? GPU_ALONE : {}) };
  const session = await InferenceSession.create(model, options);
  const sessions = [session];
  while (sessions.length < copies) {
    sessions.push(await InferenceSession.create(model, options));
  }
  const { activations, scales, rows, outFeatures, inFeatures } = problem;
  const shape = [rows, inFeatures];
  const x = integers === null ? new Tensor('float32', activations, shape) : new Tensor('uint8', integers.codes, shape);
  return {
    name: `${runtime} ${operator}`,
    call: (turn) => (sessions[turn % sessions.length] ?? session).run({ x }),
    results: async () => {
      const { y } = await session.run({ x });
      if (y?.data instanceof Float32Array) return y.data;
      if (!(y?.data instanceof Int32Array) || integers === null) throw new Error(`${runtime} gave ${String(y?.type)}`);
      const scaleOf = (at: number): number =>
        (integers.scales[Math.floor(at / outFeatures)] ?? NaN) * (scales[at % outFeatures] ?? NaN);
      return Float32Array.from(y.data, (sum, at) => sum * scaleOf(at));
    },
    release: async () => {
      for (const one of sessions) await one.release();
    },
  };
}

/** Activations as MatMulInteger takes them, prepared outside of what is timed. */
function quantizedRows({ activations, rows, inFeatures }: Problem): {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
} {
  const scales = new Float32Array(rows);
  const codes = new Uint8Array(activations.length);
  for (let row = 0; row < rows; row += 1) {
    const values = activations.subarray(row * inFeatures, (row + 1) * inFeatures);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    scales[row] = scale;
    codes.set(
      Uint8Array.from(values, (value) => Math.round(value / scale) + 128),
      row * inFeatures,
    );
  }
  return { codes, scales };
}
