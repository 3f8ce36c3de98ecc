import type { AffineRequest, BlockExtremes, BlockRequest, FloatDtype } from '@fewbit/core';
import { FewbitError } from '@fewbit/core';
import { MAP_READ } from '../device/flags.ts';
import { roundedUp } from '../device/memory.ts';
import { beginPass, type PassParts } from '../device/pass.ts';
import { PARAMS, type Params } from '../wgsl/interface.ts';
import { ROW_LANES } from '../wgsl/tiles.ts';
import type { WeightSlot } from '../wgsl/weights.ts';

/** The kernels that quantize weights, as functions. Blocks must be finite and of ordinary size: see `isOrdinary`. */
export interface GpuCodes {
  /** Smallest and largest element of each block; of a zero, any sign. */
  readonly extremes: (request: BlockRequest) => Promise<BlockExtremes>;
  /** Codes of quantizeAffine, from a reciprocal of the scale and a zero point for each block. */
  readonly affine: (request: AffineRequest, reciprocals: Float32Array, zeroPoints: Int8Array) => Promise<Int8Array>;
  /** Packed codes of quantizeInt4, from the lowest element and the step of each group. */
  readonly int4: (request: BlockRequest, lowest: Float32Array, steps: Float32Array) => Promise<Uint8Array>;
}

const DTYPES: Readonly<Record<FloatDtype, number>> = { F32: 0, BF16: 1, F16: 2 };

export function createGpuCodes(parts: PassParts, pipelineOf: (slot: WeightSlot) => GPUComputePipeline): GpuCodes {
  const { device, memory } = parts;
  return {
    async extremes(request) {
      const { outer, inner } = request.view;
      const blocks = outer * inner;
      const bytes = await run('block extremes', request, [], { rows: blocks }, 8 * blocks, blocks);
      const keys = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * blocks);
      return { min: floatsOf(keys, 0, 0), max: floatsOf(keys, 1, 0xffff_ffff) };
    },
    async affine(request, reciprocals, zeroPoints) {
      const count = elementsOf(request);
      const words = Math.ceil(count / 4);
      const { qmin, qmax, scaleDtype } = request;
      const params = { rows: words, qmin, qmax, inputScaleDtype: DTYPES[scaleDtype] };
      const statistics = [reciprocals, Int32Array.from(zeroPoints)];
      const codes = await run('affine codes', request, statistics, params, 4 * words, Math.ceil(words / ROW_LANES));
      return new Int8Array(codes.buffer, codes.byteOffset, count);
    },
    async int4(request, lowest, steps) {
      const count = elementsOf(request);
      const words = Math.ceil(count / 8);
      const tiles = Math.ceil(words / ROW_LANES);
      const codes = await run('int4 codes', request, [lowest, steps], { rows: words }, 4 * words, tiles);
      return codes.subarray(0, count / 2);
    },
  };

  /** Uploads, runs one kernel, and reads what it made. */
  async function run(
    slot: WeightSlot,
    { input, dtype, view }: BlockRequest,
    statistics: readonly (Float32Array | Int32Array)[],
    own: Partial<Params>,
    resultBytes: number,
    workgroups: number,
  ): Promise<Uint8Array> {
    const pass = beginPass(parts);
    const upload = (values: Float32Array | Int32Array | Uint8Array): { buffer: GPUBuffer } => {
      const size = roundedUp(values.byteLength, 4);
      const buffer = pass.temporary(size);
      const whole = size === values.byteLength ? values : padded(values, size);
      device.queue.writeBuffer(buffer, 0, whole.buffer, whole.byteOffset, size);
      return { buffer };
    };
    const result = pass.temporary(resultBytes);
    const readback = memory.take('readback', resultBytes);
    const params = {
      ...ZERO_PARAMS,
      ...{ allRows: view.outer * view.length * view.inner, storedDtype: DTYPES[dtype] },
      ...{ viewLength: view.length, viewInner: view.inner, ...own },
    };
    const bindings = [upload(input), ...statistics.map(upload), { buffer: result }];
    const layout = slot === 'block extremes' ? 'extremes' : 'encode';
    pass.dispatch({ layout, pipeline: pipelineOf(slot), params, bindings, workgroups });
    pass.submit((encoder) => {
      encoder.copyBufferToBuffer(result, 0, readback, 0, resultBytes);
    });
    try {
      await readback.mapAsync(MAP_READ, 0, resultBytes);
    } catch (cause) {
      memory.destroy(readback);
      throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', { message: 'the GPU gave no result', cause });
    }
    const bytes = new Uint8Array(readback.getMappedRange(0, resultBytes)).slice();
    readback.unmap();
    memory.giveBack('readback', readback);
    return bytes;
  }
}

const ZERO_PARAMS: Params = Object.fromEntries(PARAMS.map((name) => [name, 0])) as Params;

function elementsOf({ view }: BlockRequest): number {
  return view.outer * view.length * view.inner;
}

function padded({ buffer, byteOffset, byteLength }: ArrayBufferView, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes;
}

/** Every second key from `first` on, as floats. */
function floatsOf(keys: Uint32Array, first: number, nan: number): Float32Array {
  const values = new Float32Array(keys.length / 2);
  const bits = new Uint32Array(values.buffer);
  for (let block = 0; block < values.length; block += 1) {
    const key = keys[2 * block + first] ?? 0;
    bits[block] = key === nan ? 0x7fc0_0000 : key >= 0x8000_0000 ? key - 0x8000_0000 : ~key;
  }
  return values;
}
