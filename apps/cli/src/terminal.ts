import type { Progress } from '@fewbit/core';

/** Where the command writes: injected, so that tests read what a person would see. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Resolves when what `out` was given has left this process, as far as whoever reads it takes it. */
  readonly flushed: () => Promise<void>;
  /** Characters of a line of `out`; null when it is no terminal. */
  readonly columns: number | null;
  /** True when `err` is a terminal that a line can be rewritten on. */
  readonly interactive: boolean;
  readonly color: boolean;
}

export function processTerminal(): Terminal {
  const { stdout } = process;
  // Whoever read this (`| head`) has seen enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    out: (text) => stdout.write(text),
    err: (text) => process.stderr.write(text),
    flushed: () =>
      new Promise((resolve) => {
        if (stdout.writableNeedDrain) stdout.once('drain', resolve);
        else resolve();
      }),
    columns: stdout.isTTY ? stdout.columns : null,
    interactive: process.stderr.isTTY,
    color: process.stdout.isTTY && process.env.NO_COLOR === undefined,
  };
}

const BAR_WIDTH = 24;
// Often enough to look alive, rarely enough that a terminal over a slow line keeps up.
const REDRAW_MS = 100;

/** A line with bar, rate and time left, redrawn in place; silent where there is no terminal. */
export function progressBar(terminal: Pick<Terminal, 'err' | 'interactive'>): {
  readonly update: (progress: Progress) => void;
  readonly end: () => void;
} {
  if (!terminal.interactive) return { update: () => undefined, end: () => undefined };
  const started = performance.now();
  let drawn = -Infinity;
  return {
    update: (progress) => {
      const now = performance.now();
      if (now - drawn < REDRAW_MS && progress.doneBytes < progress.totalBytes) return;
      drawn = now;
      terminal.err(`\r\u001b[2K${progressLine(progress, (now - started) / 1000)}`);
    },
    end: () => {
      if (drawn !== -Infinity) terminal.err('\n');
    },
  };
}

export function progressLine({ doneBytes, totalBytes }: Progress, seconds: number): string {
  const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
  const filled = Math.round(share * BAR_WIDTH);
  const rate = seconds > 0 ? doneBytes / seconds : 0;
  const left = rate > 0 ? (totalBytes - doneBytes) / rate : Infinity;
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  return `${bar} ${percent} %  ${bytesText(doneBytes)} of ${bytesText(totalBytes)}  ${bytesText(rate)}/s  ${durationText(left)} left`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `3.42 MiB`: three significant digits. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '--:--';
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] === 0 ? parts.slice(1) : parts).map((part) => String(part).padStart(2, '0')).join(':');
}
