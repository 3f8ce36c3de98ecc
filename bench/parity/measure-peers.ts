import { probeWebgpu, type WebgpuBackend } from '@fewbit/kernels-webgpu';
import * as native from 'onnxruntime-node';
import { onnxPeer } from '../linear/onnx-peer.ts';
import { createProblem, requestOf, type Problem } from '../linear/problem.ts';
import { agreementOf, differencesOf, knownAnswers, type Agreement } from './agreement.ts';

export const PEER_SHAPE = { kind: 'int4', outFeatures: 256, inFeatures: 512 } as const;
export const PEER_ROWS: readonly number[] = [1, 3, 64];

/** A way to run the same matrices. */
export interface PeerParity {
  readonly name: string;
  readonly rows: number;
  /** Against the reference with activations as they are: quantizing them counts as an error here. */
  readonly plain: Agreement;
  /** Against the reference with activations quantized as this one does it; null where they are not, or by rules of its own. */
  readonly quantized: Agreement | null;
  /** Against the result of onnxruntime that does the same. */
  readonly onnx: Agreement | null;
}

interface Contender {
  readonly name: string;
  readonly quantizes: 'no' | 'per row' | 'per 128';
  readonly run: (problem: Problem) => Promise<Float32Array>;
}

/** int4 in groups of 32 on the adapter of this process, ours and onnxruntime-node's WebGPU provider. */
export async function measurePeers(gpu: GPU): Promise<readonly PeerParity[]> {
  const open = async (precision: 'f32' | 'f16'): Promise<WebgpuBackend> => {
    const { backend, reason } = await probeWebgpu({ gpu, precision, kernels: [] });
    if (backend === null) throw new Error(reason);
    return backend;
  };
  const [full, half] = [await open('f32'), await open('f16')];
  const contenders: readonly Contender[] = [
    { name: 'onnxruntime, accuracy level 0', quantizes: 'no', run: (problem) => onnx(problem, 0) },
    { name: 'fewbit f32, plain activations', quantizes: 'no', run: (problem) => ours(full, problem, false) },
    ...(half.report().precision === 'f16'
      ? [{ name: 'fewbit f16, plain activations', quantizes: 'no', run: (p: Problem) => ours(half, p, false) } as const]
      : []),
    { name: 'onnxruntime, accuracy level 4', quantizes: 'per 128', run: (problem) => onnx(problem, 4) },
    { name: 'fewbit, int8 activations', quantizes: 'per row', run: (problem) => ours(full, problem, true) },
  ];
  const parities: PeerParity[] = [];
  for (const rows of PEER_ROWS) {
    const problem = createProblem({ ...PEER_SHAPE, rows }, rows);
    const request = requestOf(problem);
    const plain = await knownAnswers({ ...request, activations: null }, problem.activations);
    const quantized = await knownAnswers(request, problem.activations);
    let peer: Float32Array | null = null;
    for (const { name, quantizes, run } of contenders) {
      const seen = await run(problem);
      if (name.startsWith('onnxruntime')) peer = seen;
      const against = (known: Float32Array): Agreement => agreementOf(differencesOf(seen, known, plain.sizes));
      parities.push({
        ...{ name, rows, plain: against(plain.answers) },
        quantized: quantizes === 'per row' ? against(quantized.answers) : null,
        onnx: peer === null || peer === seen ? null : against(peer),
      });
    }
  }
  full.close();
  half.close();
  return parities;
}

async function ours(backend: WebgpuBackend, problem: Problem, quantized: boolean): Promise<Float32Array> {
  const request = requestOf(problem);
  const layer = await backend.inference.loadLinear(quantized ? request : { ...request, activations: null });
  const seen = await layer.forward(problem.activations);
  layer.release();
  return seen;
}

async function onnx(problem: Problem, accuracyLevel: 0 | 4): Promise<Float32Array> {
  const work = { problem, copies: 1 };
  const peer = await onnxPeer('onnxruntime-node WebGPU', native, `MatMulNBits acc ${accuracyLevel}`, work);
  const seen = (await peer.results()).slice();
  await peer.release();
  return seen;
}
