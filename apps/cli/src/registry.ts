import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import {
  listLogicalTensors,
  safetensorsAdapter,
  TORCHAO_CLASSES,
  type LogicalTensors,
} from '@fewbit/adapters-safetensors';
import { builtinConfigs } from '@fewbit/configs';
import {
  createRegistry,
  FewbitError,
  referenceBackend,
  type BackendFactory,
  type Checkpoint,
  type ConfigType,
  type Registry,
} from '@fewbit/core';
import { wasmBackend } from '@fewbit/kernels-wasm';
import { nodeWebgpu } from './webgpu.ts';

/** The backends that `auto` chooses from: one of them runs everywhere. Any other has to be asked for. */
export const AUTOMATIC_BACKENDS: readonly BackendFactory[] = [wasmBackend, referenceBackend];

/**
 * What the command composes: the built-in configs and backends, and those of the plugins, each a module that exports `configs`,
 * `backends`, or both.
 *
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for a plugin that does not load or exports something else.
 */
export async function loadRegistry(plugins: readonly string[]): Promise<Registry> {
  const own = await Promise.all(plugins.map(loadPlugin));
  return createRegistry({
    configs: [...builtinConfigs, ...own.flatMap(({ configs }) => configs)],
    backends: [...AUTOMATIC_BACKENDS, nodeWebgpu, ...own.flatMap(({ backends }) => backends)],
    adapters: [safetensorsAdapter],
  });
}

interface Plugin {
  readonly configs: readonly ConfigType[];
  readonly backends: readonly BackendFactory[];
}

async function loadPlugin(plugin: string): Promise<Plugin> {
  let loaded: { readonly configs?: unknown; readonly backends?: unknown };
  try {
    loaded = (await import(pathToFileURL(resolve(plugin)).href)) as typeof loaded;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidPlugin(plugin, `the module does not load: ${reason}`, cause);
  }
  const { backends = [] } = loaded;
  // Who brings backends need not bring configs; who brings neither has probably misspelt one.
  const { configs = loaded.backends === undefined ? undefined : [] } = loaded;
  if (!Array.isArray(configs) || !configs.every(isConfigType)) {
    throw invalidPlugin(plugin, 'the module does not export a list "configs" of config types');
  }
  if (!Array.isArray(backends) || !backends.every(isBackendFactory)) {
    throw invalidPlugin(plugin, 'the module exports "backends" that are no list of backend factories');
  }
  return { configs, backends };
}

function isBackendFactory(value: unknown): value is BackendFactory {
  if (typeof value !== 'object' || value === null) return false;
  const { name, create } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof create === 'function';
}

function isConfigType(value: unknown): value is ConfigType {
  if (typeof value !== 'object' || value === null) return false;
  const { type, versions, tensorClasses, parse } = value as Readonly<Record<string, unknown>>;
  return (
    typeof type === 'string' && Array.isArray(versions) && Array.isArray(tensorClasses) && typeof parse === 'function'
  );
}

function invalidPlugin(plugin: string, message: string, cause?: unknown): FewbitError {
  const hint =
    'A plugin exports `configs`, `backends` or both: lists of ConfigType and BackendFactory values of @fewbit/core.';
  return new FewbitError('FEWBIT_REGISTRY_INVALID', { message, where: `--plugin ${plugin}`, hint, cause });
}

/** The tensors that a checkpoint's metadata speaks of: torchao's classes, and those of the registry's own configs. */
export function logicalTensorsOf(checkpoint: Checkpoint, { tensorClasses }: Registry): LogicalTensors {
  return listLogicalTensors(checkpoint, { classes: new Set([...TORCHAO_CLASSES, ...tensorClasses.keys()]) });
}
