import type { Backend } from './contracts/backend.ts';
import type { Exactness } from './contracts/exactness.ts';
import { FewbitError } from './errors.ts';
import type { Finding } from './plan/plan.ts';

/**
 * What a backend promises of its quantizing. `unstated`: it says nothing, or nothing that can be understood, as one written in
 * JavaScript may. That is no promise at all.
 */
export function exactnessOf({ quantizing }: Pick<Backend, 'quantizing'>): Exactness | 'unstated' {
  // The type promises a value; a module of somebody else's may not keep that.
  const stated: unknown = quantizing.exactness;
  if (stated === 'bit-exact') return stated;
  if (typeof stated !== 'object' || stated === null) return 'unstated';
  const { unitsInLastPlace, steps } = stated as Readonly<Record<string, unknown>>;
  return isBound(unitsInLastPlace) && isBound(steps) ? { unitsInLastPlace, steps } : 'unstated';
}

function isBound(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** In words, after the name of a backend: `promises the reference's bits`. */
export function describeExactness(exactness: Exactness | 'unstated'): string {
  if (exactness === 'bit-exact') return "promises the reference's bits";
  if (exactness === 'unstated') return "does not say how near the reference's its results are";
  const { unitsInLastPlace, steps } = exactness;
  return `may be off by ${unitsInLastPlace} units in the last place of floats and ${steps} steps of codes`;
}

/** @throws FewbitError (`FEWBIT_BACKEND_INEXACT`) unless the backend promises the reference's bits. */
export function assertBitExact(backend: Pick<Backend, 'name' | 'quantizing'>): void {
  const exactness = exactnessOf(backend);
  if (exactness === 'bit-exact') return;
  throw new FewbitError('FEWBIT_BACKEND_INEXACT', {
    message: `the backend "${backend.name}" ${describeExactness(exactness)}`,
    allowed: 'quantizing.exactness to be "bit-exact", so that the output is what torchao writes',
    hint: 'Take another backend, or say that less will do: allowInexact of createItemRunner and openQuantizingBackend, --allow-inexact of the command.',
  });
}

/** What a person should know of a run whose backend was allowed though it does not promise the reference's bits; else nothing. */
export function exactnessFindings(backend: string, exactness: Exactness | 'unstated'): readonly Finding[] {
  if (exactness === 'bit-exact') return [];
  const message = `the backend "${backend}" ${describeExactness(exactness)}: the output need not be what torchao writes`;
  return [{ id: 'inexact-backend', severity: 'warning', message }];
}
