import type { Backend } from '../contracts/backend.ts';
import type { BackendFactory } from '../registry.ts';
import { dequantizeAffine, quantizeAffine } from './affine.ts';
import { extremesOf } from './block-loop.ts';
import { toFloat32 } from './float.ts';
import { measureHqqScaleOnly, quantizeHqqScaleOnly } from './hqq.ts';
import { dequantizeInt4, quantizeInt4 } from './int4.ts';
import { referenceInference } from './linear.ts';
import { createCodeMemory, createScratch } from './scratch.ts';

/**
 * The reference backend: plain JavaScript that follows torchao's arithmetic step by step, bit for bit with torchao on an
 * x86 CPU. It runs anywhere and is the oracle for every other backend.
 */
export function createReferenceBackend(): Backend {
  const scratch = createScratch();
  const codes = createCodeMemory();
  return {
    name: 'reference',
    quantizing: {
      exactness: 'bit-exact',
      allocate: (byteLength) => new Uint8Array(byteLength),
      release: () => undefined,
      blockMinMax: ({ input, dtype, view }) => extremesOf(toFloat32(input, dtype, scratch), view),
      quantizeAffine: (request) => quantizeAffine(request, scratch, codes),
      dequantizeAffine,
      quantizeInt4: (request) => quantizeInt4(request, scratch),
      dequantizeInt4,
      measureHqqScaleOnly,
      quantizeHqqScaleOnly,
    },
    inference: referenceInference,
    close: () => undefined,
  };
}

/** The reference backend for a registry. It is available everywhere. */
export const referenceBackend: BackendFactory = { name: 'reference', create: createReferenceBackend };
