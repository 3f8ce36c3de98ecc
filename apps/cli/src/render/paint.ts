const CODES = { red: 31, yellow: 33, cyan: 36, bold: 1 } as const;

/** Colours a piece of text, or does not. */
export type Paint = (color: keyof typeof CODES, text: string) => string;

export function painter(color: boolean): Paint {
  return (name, text) => (color ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text);
}
