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
  type Checkpoint,
  type ConfigType,
  type Registry,
} from '@fewbit/core';
import { wasmBackend } from '@fewbit/kernels-wasm';

/**
 * What the command composes: the built-in configs and those of the plugins, each a module that exports `configs`.
 *
 * @throws FewbitError (`FEWBIT_REGISTRY_INVALID`) for a plugin that does not load or exports something else.
 */
export async function loadRegistry(plugins: readonly string[]): Promise<Registry> {
  const own = await Promise.all(plugins.map(loadPlugin));
  return createRegistry({
    configs: [...builtinConfigs, ...own.flat()],
    backends: [wasmBackend, referenceBackend],
    adapters: [safetensorsAdapter],
  });
}

async function loadPlugin(plugin: string): Promise<readonly ConfigType[]> {
  let loaded: { readonly configs?: unknown };
  try {
    loaded = (await import(pathToFileURL(resolve(plugin)).href)) as typeof loaded;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidPlugin(plugin, `the module does not load: ${reason}`, cause);
  }
  const { configs } = loaded;
  if (!Array.isArray(configs) || !configs.every(isConfigType)) {
    throw invalidPlugin(plugin, 'the module does not export a list "configs" of config types');
  }
  return configs;
}

function isConfigType(value: unknown): value is ConfigType {
  if (typeof value !== 'object' || value === null) return false;
  const { type, versions, tensorClasses, parse } = value as Readonly<Record<string, unknown>>;
  return (
    typeof type === 'string' && Array.isArray(versions) && Array.isArray(tensorClasses) && typeof parse === 'function'
  );
}

function invalidPlugin(plugin: string, message: string, cause?: unknown): FewbitError {
  const hint = 'A plugin exports `configs`, a list of ConfigType values of @fewbit/core.';
  return new FewbitError('FEWBIT_REGISTRY_INVALID', { message, where: `--plugin ${plugin}`, hint, cause });
}

/** The tensors that a checkpoint's metadata speaks of: torchao's classes, and those of the registry's own configs. */
export function logicalTensorsOf(checkpoint: Checkpoint, { tensorClasses }: Registry): LogicalTensors {
  return listLogicalTensors(checkpoint, { classes: new Set([...TORCHAO_CLASSES, ...tensorClasses.keys()]) });
}
