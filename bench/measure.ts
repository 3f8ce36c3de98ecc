import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

export interface Run {
  readonly seconds: number;
  /** Highest resident memory of the process and all its threads, in MiB, as the kernel counted it. */
  readonly peakMiB: number;
  readonly output: string;
}

/** Runs a command to its end. Throws when it ends with another code than those. */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  codes: readonly number[] = [0],
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let peakMiB = 0;
    let output = '';
    let errors = '';
    const poll = setInterval(() => {
      peakMiB = Math.max(peakMiB, highWaterMark(child.pid));
    }, 20);
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(poll);
      if (code === null || !codes.includes(code))
        reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}:\n${errors}${output}`));
      else resolve({ seconds: (performance.now() - started) / 1000, peakMiB, output });
    });
  });
}

// The kernel keeps the highest value itself, so polling only has to catch the process before it ends.
function highWaterMark(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // already gone
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** How busy the machine is: a sentence for figures that others' work can spoil. */
export function busyness(): string {
  const [minute = NaN] = loadavg();
  return `Load when it began: ${minute.toFixed(1)} on ${cpus().length} cores.`;
}
