import { availableParallelism } from 'node:os';
import { createDirectorySink, type CheckpointFolder, type DirectorySink } from '@fewbit/adapters-safetensors/node';
import { safetensorsAdapter } from '@fewbit/adapters-safetensors';
import {
  exactnessFindings,
  exactnessOf,
  executePlan,
  explainDecisions,
  openQuantizingBackend,
  planModel,
  totalsOf,
} from '@fewbit/core';
import type { Exactness, ExplainedTotals, Finding, ModelPlan, Plan, Recipe, Registry, Sink } from '@fewbit/core';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipe } from '../inputs.ts';
import { loadRegistry } from '../registry.ts';
import { totalsText } from '../render/explain.ts';
import { findingsText } from '../render/findings.ts';
import { jsonText } from '../render/json.ts';
import { copySideFiles, sideFilesToCopy } from '../side-files.ts';
import { bytesText, progressBar, type Terminal } from '../terminal.ts';
import { nodeWebgpu } from '../webgpu.ts';
import type { OpenedBackend } from '../worker/messages.ts';
import { startWorker, type StartedWorker } from '../worker/start-worker.ts';

export interface QuantizeOptions {
  readonly recipe: string;
  readonly out: string;
  /** Default: one for each core, four at most; one on WebGPU. */
  readonly workers?: number;
  readonly backend: string;
  readonly allowInexact: boolean;
  /** Bytes. */
  readonly maxShardSize: number;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly untie: boolean;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

// Beyond that the disk is the limit, and each worker costs memory.
const MOST_DEFAULT_WORKERS = 4;

/** Quantizes a checkpoint into a directory that gets its name when it is complete. */
export async function quantize(target: string, options: QuantizeOptions, terminal: Terminal): Promise<number> {
  // First of all: they get ready while this thread plans.
  const workers = startWorkers(options);
  try {
    return await quantizeWith(workers, target, options, terminal);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function startWorkers({ dryRun, workers, backend, allowInexact, plugin }: QuantizeOptions): readonly StartedWorker[] {
  const count = dryRun ? 0 : (workers ?? defaultWorkers(backend));
  return Array.from({ length: count }, () => startWorker({ backend, allowInexact, plugins: plugin }));
}

function defaultWorkers(backend: string): number {
  // Each opens a device of its own and compiles for it, and there is one GPU.
  return backend === nodeWebgpu.name ? 1 : Math.min(MOST_DEFAULT_WORKERS, availableParallelism());
}

async function quantizeWith(
  workers: readonly StartedWorker[],
  target: string,
  options: QuantizeOptions,
  terminal: Terminal,
): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const { recipe, warnings } = await readRecipe(options.recipe, registry);
  const folder = await openInput(target);
  try {
    const planned = planModel(folder, {
      recipe,
      adapter: safetensorsAdapter,
      maxShardBytes: options.maxShardSize,
      untie: options.untie,
    });
    const totals = totalsOf(explainDecisions(planned.decisions));
    const started = performance.now();
    // Asked for before anything is written: a missing backend is no reason to make a directory.
    const [{ name: backend, exactness } = await backendOfNoWorker(registry, options)] = await Promise.all(
      workers.map((worker) => worker.backend),
    );
    const findings = [...warnings, ...planned.findings, ...exactnessFindings(backend, exactness)];
    if (!options.dryRun) {
      const sink = await createDirectorySink(options.out, { overwrite: options.overwrite });
      await run(planned, { folder, recipe, sink, workers, terminal });
    }
    const seconds = options.dryRun ? null : (performance.now() - started) / 1000;
    const outcome = {
      out: options.dryRun ? null : options.out,
      seconds,
      backend,
      exactness,
      totals,
      findings,
      files: filesOf(planned.plan),
    };
    terminal.out(options.json ? jsonText(outcome) : outcomeText(outcome, options));
    return EXIT.ok;
  } finally {
    await folder.close();
  }
}

async function backendOfNoWorker(registry: Registry, options: QuantizeOptions): Promise<OpenedBackend> {
  const backend = await openQuantizingBackend(registry, options.backend, options);
  backend.close();
  return { name: backend.name, exactness: exactnessOf(backend) };
}

interface RunContext {
  readonly folder: CheckpointFolder;
  readonly recipe: Recipe;
  readonly sink: DirectorySink;
  readonly workers: readonly StartedWorker[];
  readonly terminal: Terminal;
}

async function run({ plan }: ModelPlan, { folder, recipe, sink, workers, terminal }: RunContext): Promise<void> {
  const job = {
    inputs: folder.shardLocations,
    directory: sink.directory,
    writers: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    files: plan.files.map(({ name }) => name),
    recipe: plan.recipe,
  };
  const runners = workers.map((worker) => worker.begin(job));
  const bar = progressBar(terminal);
  const abort = new AbortController();
  const interrupted = (): void => {
    abort.abort('interrupted');
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  // Side files go in before the sink gives everything its final name.
  const finishing: Sink = {
    ...sink,
    finish: async () => {
      await copySideFiles(folder, sideFilesToCopy(folder), sink);
      await sink.finish();
    },
  };
  try {
    await executePlan(plan, { recipe, runners, sink: finishing, signal: abort.signal, onProgress: bar.update });
  } finally {
    bar.end();
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}

interface PlannedFile {
  readonly name: string;
  readonly byteLength: number;
}

function filesOf(plan: Plan): readonly PlannedFile[] {
  return plan.files.map(({ name, byteLength }) => ({ name, byteLength }));
}

interface Outcome {
  readonly out: string | null;
  readonly seconds: number | null;
  /** Name of what computes, the variant of the machine's included. */
  readonly backend: string;
  /** What it promises of the bytes. */
  readonly exactness: Exactness | 'unstated';
  readonly totals: ExplainedTotals;
  readonly findings: readonly Finding[];
  readonly files: readonly PlannedFile[];
}

function outcomeText(
  { out, seconds, backend, totals, findings, files }: Outcome,
  { out: wanted }: QuantizeOptions,
): string {
  const took = seconds === null ? '' : ` in ${seconds.toFixed(1)} s`;
  const list = files.map(({ name, byteLength }) => `  ${name}  ${bytesText(byteLength)}\n`).join('');
  const head =
    out === null
      ? `would write to ${wanted}, computed by ${backend}:\n`
      : `wrote ${out}${took}, computed by ${backend}:\n`;
  return `${head}${list}${totalsText(totals)}${findingsText(findings)}`;
}
