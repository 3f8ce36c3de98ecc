import { int4WeightOnly, int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import { openBackend, type BackendFactory } from '@fewbit/core';
import { cpus } from 'node:os';
import { EXIT } from '../exit-code.ts';
import { measureLayers, type MeasuredLayer } from '../machine/measure-layers.ts';
import { measureConfig, measureCopy, type MeasuredConfig } from '../machine/measure-machine.ts';
import { AUTOMATIC_BACKENDS, loadRegistry } from '../registry.ts';
import { benchText } from '../render/bench.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface BenchOptions {
  /** Default: each of those that `auto` chooses from. */
  readonly backend?: string;
  readonly json: boolean;
}

/** The configs that most recipes use. */
const CONFIGS = [
  int8WeightOnly(),
  intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(32) }),
  int4WeightOnly({ groupSize: 32 }),
  int4WeightOnly({ groupSize: 128 }),
];

/** How fast this machine quantizes, and runs what is quantized. */
export async function bench(options: BenchOptions, terminal: Terminal): Promise<number> {
  const backends = options.backend === undefined ? AUTOMATIC_BACKENDS : [await namedBackend(options.backend)];
  const copyBytesPerSecond = await measureCopy();
  const measured: MeasuredConfig[] = [];
  const layers: MeasuredLayer[] = [];
  const absent: string[] = [];
  for (const factory of backends) {
    const backend = await factory.create();
    if (backend === null) {
      absent.push(factory.name);
      continue;
    }
    for (const config of CONFIGS) measured.push(await measureConfig(backend, config));
    if (backend.inference !== null) layers.push(...(await measureLayers(backend.name, backend.inference)));
    backend.close();
  }
  const machine = { processor: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.version };
  const outcome = { machine, copyBytesPerSecond, measured, layers, absent };
  terminal.out(options.json ? jsonText(outcome) : benchText(outcome));
  return EXIT.ok;
}

async function namedBackend(name: string): Promise<BackendFactory> {
  const registry = await loadRegistry([]);
  return { name, create: () => openBackend(registry, name) };
}
