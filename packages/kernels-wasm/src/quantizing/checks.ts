import { blockCount, bytesPerElement, FewbitError, type BlockView, type FloatDtype } from '@fewbit/core';

// A kernel believes what it is told and would read beyond its input: everything is checked before it runs.

/**
 * Number of blocks that a view puts over some bytes.
 *
 * @throws FewbitError (`FEWBIT_PLAN_INVALID`) unless the view covers the bytes exactly, in whole elements.
 */
export function blocksOver(view: BlockView, byteLength: number, dtype: FloatDtype): number {
  return blocksOverElements(view, byteLength / bytesPerElement(dtype));
}

export function blocksOverElements(view: BlockView, elements: number): number {
  const { outer, length, inner } = view;
  if (![outer, length, inner, elements].every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw invalid(
      `a view of ${outer} x ${length} x ${inner} was put over ${elements} elements`,
      'whole numbers of elements',
    );
  }
  return blockCount(view, elements);
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) where an operand has another length than the view's blocks ask for. */
export function checkLength(what: string, seen: number, expected: number): void {
  if (seen !== expected) throw invalid(`${what} has a length of ${seen}`, `${expected}, as the view has it`);
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) unless codes fit in a byte. */
export function checkRange(qmin: number, qmax: number): void {
  const whole = Number.isSafeInteger(qmin) && Number.isSafeInteger(qmax);
  if (!whole || qmin < -128 || qmax > 127 || qmin > qmax) {
    throw invalid(`codes were to lie in [${qmin}, ${qmax}]`, 'a range within [-128, 127]');
  }
}

export function invalid(message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_PLAN_INVALID', { message, allowed });
}
