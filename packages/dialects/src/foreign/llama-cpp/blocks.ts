import { escape } from '@fewbit/python-re';
import { isQuantizable, NAME_PAIRS } from './names.ts';

/** More blocks than any model has; a pattern that tells the number apart is tried on each. */
export const BLOCKS = 256;

export interface BlockRule {
  /** Which of the lines decides. */
  readonly line: number;
  /** Python pattern for names of modules, as the checkpoint has them. */
  readonly source: string;
}

/**
 * Lines about GGUF's names as patterns about the checkpoint's: each name of the table is asked about, with each number of
 * a block, and the answers are put together again.
 *
 * @param first Which line decides about a tensor of GGUF; -1 when none does.
 */
export function blockRules(first: (tensor: string) => number): readonly BlockRule[] {
  const byLine: Map<number, string[]> = new Map();
  const add = (line: number, source: string): void => {
    if (line !== -1) byLine.set(line, [...(byLine.get(line) ?? []), source]);
  };
  const answers: Map<string, ReadonlyMap<number, readonly number[]>> = new Map();
  for (const { gguf, module } of NAME_PAIRS) {
    if (!isQuantizable(gguf)) continue;
    if (!gguf.includes('#')) {
      add(first(`${gguf}.weight`), escape(module));
      continue;
    }
    const blocks = answers.get(gguf) ?? blocksByLine(gguf, first);
    answers.set(gguf, blocks);
    for (const [line, numbers] of blocks) add(line, templateSource(module, numbers));
  }
  return [...byLine]
    .sort(([left], [right]) => left - right)
    .flatMap(([line, sources]) => chunks(sources).map((source) => ({ line, source })));
}

function blocksByLine(gguf: string, first: (tensor: string) => number): ReadonlyMap<number, readonly number[]> {
  const blocks: Map<number, number[]> = new Map();
  for (let block = 0; block < BLOCKS; block++) {
    const line = first(`${gguf.replace('#', String(block))}.weight`);
    blocks.set(line, [...(blocks.get(line) ?? []), block]);
  }
  return blocks;
}

function templateSource(template: string, blocks: readonly number[]): string {
  const [front = '', between = '', ...rest] = template.split('#');
  const number = blockSource(blocks);
  // The second number is that of an expert, and all of them are one tensor.
  return escape(front) + number + escape(between) + rest.map((part) => `[0-9]+${escape(part)}`).join('');
}

/** A pattern for numbers of blocks: any, or these. */
export function blockSource(blocks: readonly number[]): string {
  if (blocks.length === BLOCKS) return '[0-9]+';
  return blocks.length === 1 ? String(blocks[0]) : `(?:${blocks.join('|')})`;
}

// So that no pattern exceeds what a pattern may have.
const CHUNK = 2500;

function chunks(sources: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const source of sources) {
    const last = joined.at(-1);
    if (last !== undefined && last.length + source.length < CHUNK) joined[joined.length - 1] = `${last}|${source}`;
    else joined.push(source);
  }
  return joined;
}
