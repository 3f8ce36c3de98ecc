import type { Backend } from './contracts/backend.ts';
import type { MaybePromise } from './contracts/quantizing.ts';
import type { CheckpointAdapter } from './contracts/checkpoint.ts';
import type { ConfigType } from './contracts/config-type.ts';
import type { InferenceOperations } from './contracts/inference.ts';
import type { TensorClass } from './contracts/tensor-class.ts';
import { FewbitError } from './errors.ts';
import { assertBitExact, exactnessOf } from './exactness.ts';

/** A way to make a backend: null where the environment lacks what it needs. */
export interface BackendFactory {
  readonly name: string;
  readonly create: () => MaybePromise<Backend | null>;
}

/** Everything that a run may use. A plain value: two registries never see each other. */
export interface Registry {
  readonly configs: ReadonlyMap<string, ConfigType>;
  /** Of all configs, by class name. */
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  readonly backends: ReadonlyMap<string, BackendFactory>;
  readonly adapters: ReadonlyMap<string, CheckpointAdapter>;
}

export interface RegistryParts {
  readonly configs?: readonly ConfigType[];
  /** In the order in which to try them. */
  readonly backends?: readonly BackendFactory[];
  readonly adapters?: readonly CheckpointAdapter[];
}

/**
 * Collects config types, backends and adapters; ours and yours come in through the same door.
 *
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) when two parts claim one name.
 * @example
 * ```ts
 * const registry = createRegistry({ configs: [...builtinConfigs, myConfigType] });
 * ```
 */
export function createRegistry(parts: RegistryParts): Registry {
  const configs = byName('config type', parts.configs ?? [], (config) => config.type);
  return {
    configs,
    tensorClasses: byName(
      'tensor class',
      [...configs.values()].flatMap((config) => config.tensorClasses),
      (tensorClass) => tensorClass.name,
    ),
    backends: byName('backend', parts.backends ?? [], (backend) => backend.name),
    adapters: byName('checkpoint adapter', parts.adapters ?? [], (adapter) => adapter.format),
  };
}

function byName<T>(what: string, values: readonly T[], nameOf: (value: T) => string): ReadonlyMap<string, T> {
  const map: Map<string, T> = new Map();
  for (const value of values) {
    const name = nameOf(value);
    const before = map.get(name);
    // Two configs may share one tensor class; two different values under one name would make the outcome depend on order.
    if (before !== undefined && before !== value) {
      throw new FewbitError('FEWBIT_REGISTRY_INVALID', {
        message: `two different parts claim the ${what} name "${name}"`,
        hint: 'Give one of them another name, or leave one out.',
      });
    }
    map.set(name, value);
  }
  return map;
}

/**
 * Makes a backend: the one of that name, or for `auto` the first of the registry that this environment can run.
 *
 * @throws FewbitError (`FEWBIT_BACKEND_UNAVAILABLE`) for a name that there is not, or that cannot run here.
 */
export async function openBackend(registry: Registry, name: string): Promise<Backend> {
  const backend = await firstBackend(registry, name, (candidate): candidate is Backend => candidate !== null);
  return backend ?? refused(registry, name, 'cannot run here');
}

/**
 * Makes a backend that quantizes with the reference's bits, as `openBackend` does: `auto` passes over those that do not promise them.
 *
 * @param options.allowInexact Takes a backend that promises less, too.
 * @throws FewbitError (`FEWBIT_BACKEND_UNAVAILABLE`) as `openBackend`; (`FEWBIT_BACKEND_INEXACT`) where there are only backends that
 * promise less.
 */
export async function openQuantizingBackend(
  registry: Registry,
  name: string,
  { allowInexact = false }: { readonly allowInexact?: boolean } = {},
): Promise<Backend> {
  const inexact: Backend[] = [];
  const backend = await firstBackend(registry, name, (candidate): candidate is Backend => {
    if (candidate === null) return false;
    const taken = allowInexact || exactnessOf(candidate) === 'bit-exact';
    if (!taken) inexact.push(candidate);
    return taken;
  });
  if (backend === null) inexact.forEach(assertBitExact);
  return backend ?? refused(registry, name, 'cannot run here');
}

/** A backend that also runs linear layers. */
export interface InferenceBackend extends Backend {
  readonly inference: InferenceOperations;
}

/**
 * Makes a backend that runs linear layers, as `openBackend` does: `auto` passes over those that only quantize.
 *
 * @throws FewbitError (`FEWBIT_BACKEND_UNAVAILABLE`) as `openBackend`, and for a backend that only quantizes.
 */
export async function openInferenceBackend(registry: Registry, name: string): Promise<InferenceBackend> {
  const backend = await firstBackend(registry, name, runsLayers);
  return backend ?? refused(registry, name, 'cannot run linear layers here');
}

function runsLayers(backend: Backend | null): backend is InferenceBackend {
  return backend !== null && backend.inference !== null;
}

async function firstBackend<B extends Backend>(
  registry: Registry,
  name: string,
  accept: (backend: Backend | null) => backend is B,
): Promise<B | null> {
  for (const factory of factoriesOf(registry, name)) {
    const backend = await factory.create();
    if (accept(backend)) return backend;
    backend?.close();
  }
  return null;
}

function factoriesOf({ backends }: Registry, name: string): readonly BackendFactory[] {
  if (name === 'auto') return [...backends.values()];
  const named = backends.get(name);
  return named === undefined ? [] : [named];
}

function refused(registry: Registry, name: string, refusal: string): never {
  const isUnknown = name !== 'auto' && !registry.backends.has(name);
  throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
    message: `the backend "${name}" ${isUnknown ? 'is unknown' : refusal}`,
    allowed: ['auto', ...registry.backends.keys()].join(', '),
  });
}
