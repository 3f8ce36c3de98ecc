import type { Terminal } from '../terminal.ts';

/** JSON for programs: one value, one line end. Numbers that JSON lacks become null. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

// Enough for each write to be worth its call, little enough to stay in a cache.
const CHUNK_CHARACTERS = 256 * 1024;

/**
 * Prints `head` with one more member, a list: an element a line, written out as the lines are made. A model of 92,000
 * tensors has some 60 MB of them, which would otherwise stand in memory several times.
 */
export async function streamJson<T>(
  terminal: Terminal,
  head: Readonly<Record<string, unknown>>,
  {
    name,
    items,
    valueOf,
  }: { readonly name: string; readonly items: Iterable<T>; readonly valueOf: (item: T) => unknown },
): Promise<void> {
  let text = `${jsonText(head).trimEnd().slice(0, -1).trimEnd()},\n  ${JSON.stringify(name)}: [`;
  let separator = '\n    ';
  for (const item of items) {
    text += separator + JSON.stringify(valueOf(item));
    separator = ',\n    ';
    if (text.length < CHUNK_CHARACTERS) continue;
    terminal.out(text);
    text = '';
    await terminal.flushed();
  }
  terminal.out(`${text}\n  ]\n}\n`);
  await terminal.flushed();
}
