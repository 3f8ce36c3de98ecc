import { FewbitError, type FewbitErrorCode } from '@fewbit/core';

/** 0: done. 1: the job failed. 2: what came in (arguments, recipe, checkpoint) is at fault. */
export const EXIT = { ok: 0, failed: 1, badInput: 2 } as const;

const BAD_INPUT: ReadonlySet<FewbitErrorCode> = new Set<FewbitErrorCode>([
  'FEWBIT_RECIPE_INVALID',
  'FEWBIT_CONFIG_INVALID',
  'FEWBIT_CONFIG_UNSUPPORTED',
  'FEWBIT_CHECKPOINT_INVALID',
  'FEWBIT_CHECKPOINT_UNSUPPORTED',
  'FEWBIT_PLAN_REFUSED',
  'FEWBIT_OUTPUT_REFUSED',
  'FEWBIT_REGISTRY_INVALID',
  'FEWBIT_BACKEND_INEXACT',
  'FEWBIT_SELECTION_INVALID',
]);

/** An input that could not be opened at all: the argument is at fault, whatever kept it from opening. */
class UnopenedInputError extends FewbitError {}

/** Awaits the opening of an input that an argument names. */
export async function fromArgument<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (!FewbitError.isInstance(error) || error.code !== 'FEWBIT_READ_FAILED') throw error;
    throw new UnopenedInputError(error.code, error.details);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UnopenedInputError) return EXIT.badInput;
  return FewbitError.isInstance(error) && BAD_INPUT.has(error.code) ? EXIT.badInput : EXIT.failed;
}
