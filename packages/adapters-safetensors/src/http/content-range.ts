/** What a `Content-Range` says. */
export interface ContentRange {
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
  /** Length of the whole; null when the server does not know. */
  readonly total: number | null;
}

/** Parses `bytes 0-99/1000` or `bytes 0-99/*`; null for anything else. */
export function parseContentRange(text: string): ContentRange | null {
  const [, first, last, whole] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text.trim()) ?? [];
  if (first === undefined || last === undefined) return null;
  const range = { start: Number(first), end: Number(last) + 1, total: whole === '*' ? null : Number(whole) };
  const sound = range.start < range.end && (range.total === null || range.end <= range.total);
  return sound ? range : null;
}

/** The length that a 416 answer tells: `bytes *\/1000`. */
export function parseUnsatisfiedRange(text: string | null): number | null {
  const [, whole] = /^bytes \*\/(\d{1,15})$/i.exec(text?.trim() ?? '') ?? [];
  return whole === undefined ? null : Number(whole);
}
