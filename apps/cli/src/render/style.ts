/** Colours for a terminal that shows them; elsewhere the text as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly note: (text: string) => string;
}

const escape =
  (code: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`;
const COLORED: Style = {
  bold: escape(1),
  dim: escape(2),
  good: escape(32),
  warn: escape(33),
  bad: escape(31),
  note: escape(36),
};
const as = (text: string): string => text;
const PLAIN: Style = { bold: as, dim: as, good: as, warn: as, bad: as, note: as };

export function styleOf(color: boolean): Style {
  return color ? COLORED : PLAIN;
}
