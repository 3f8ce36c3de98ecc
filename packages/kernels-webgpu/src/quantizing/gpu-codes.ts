import type { AffineRequest, BlockExtremes, BlockRequest, FloatDtype } from '@fewbit/core';
import { FewbitError, toFloat32 } from '@fewbit/core';
import { MAP_READ } from '../device/flags.ts';
import { roundedUp } from '../device/memory.ts';
import { beginPass, type PassParts } from '../device/pass.ts';
import { PARAMS, type Params } from '../wgsl/interface.ts';
import { ROW_LANES } from '../wgsl/tiles.ts';
import { EXTREMES_WORDS, layoutOf, type WeightSlot } from '../wgsl/weights.ts';

/** The kernels that quantize weights, as functions of requests that are whole and fit bindings. */
export interface GpuCodes {
  /** Smallest and largest element of each block, of any bits: what the reference's blockMinMax gives, in its bits. */
  readonly extremes: (request: BlockRequest) => Promise<BlockExtremes>;
  /** Codes of quantizeAffine, from a reciprocal of the scale and a zero point for each block. Of ordinary weights: see `isOrdinary`. */
  readonly affine: (request: AffineRequest, reciprocals: Float32Array, zeroPoints: Int8Array) => Promise<Int8Array>;
  /** Packed codes of quantizeInt4, from the lowest element and the step of each group. Of ordinary weights, too. */
  readonly int4: (request: BlockRequest, lowest: Float32Array, steps: Float32Array) => Promise<Uint8Array>;
}

const DTYPES: Readonly<Record<FloatDtype, number>> = { F32: 0, BF16: 1, F16: 2 };

export function createGpuCodes(parts: PassParts, pipelineOf: (slot: WeightSlot) => GPUComputePipeline): GpuCodes {
  const { device, memory } = parts;
  return {
    async extremes(request) {
      const { outer, length, inner } = request.view;
      const blocks = outer * inner;
      const [slot, workgroups] =
        length > LONGEST_OF_A_LANE
          ? (['block extremes', blocks] as const)
          : (['short block extremes', Math.ceil(blocks / ROW_LANES)] as const);
      const bytes = await run(slot, request, [], { rows: blocks }, 4 * EXTREMES_WORDS * blocks, workgroups);
      return extremesOfKeys(new Uint32Array(bytes.buffer, bytes.byteOffset, EXTREMES_WORDS * blocks), request.dtype);
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
    pass.dispatch({ layout: layoutOf(slot), pipeline: pipelineOf(slot), params, bindings, workgroups });
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

/** Elements that one lane goes through by itself: beyond, a workgroup shares a block. */
const LONGEST_OF_A_LANE: number = 4 * ROW_LANES;

/** What a kernel of extremes found: of each block the lowest key, the highest, and where its first zero is. */
function extremesOfKeys(keys: Uint32Array, dtype: FloatDtype): BlockExtremes {
  const blocks = keys.length / EXTREMES_WORDS;
  const bits = { min: new Uint32Array(blocks), max: new Uint32Array(blocks) };
  for (let block = 0; block < blocks; block += 1) {
    const [low = 0, high = 0, zero = 0] = keys.subarray(EXTREMES_WORDS * block, EXTREMES_WORDS * (block + 1));
    // Only a NaN has that key, and wins in both.
    const isNaN = low === 0;
    bits.min[block] = isNaN ? QUIET_NAN[dtype] : bitsOfKey(low, zero);
    bits.max[block] = isNaN ? QUIET_NAN[dtype] : bitsOfKey(high, zero);
  }
  return { min: floatsOf(bits.min, dtype), max: floatsOf(bits.max, dtype) };
}

const QUIET_NAN: Readonly<Record<FloatDtype, number>> = { F32: 0x7fc0_0000, BF16: 0x7fc0_0000, F16: 0x7e00_0000 };

/** The bits that a key was made of; of a zero, those of the block's first one. */
function bitsOfKey(key: number, zero: number): number {
  const bits = key >= 0x8000_0000 ? key - 0x8000_0000 : ~key >>> 0;
  return (bits & 0x7fff_ffff) === 0 ? (zero & 1) * 0x8000_0000 : bits;
}

/** Elements as f32, from bits that stand in the upper half of a word where there are 16. */
function floatsOf(bits: Uint32Array, dtype: FloatDtype): Float32Array {
  return dtype === 'F16'
    ? toFloat32(new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer), 'F16')
    : new Float32Array(bits.buffer);
}
