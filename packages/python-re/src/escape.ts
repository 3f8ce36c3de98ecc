const SPECIAL = new Set('()[]{}?*+-|^$\\.&~# \t\n\r\v\f');

/** Returns a pattern that matches exactly `text`, the same string as `re.escape(text)`. */
export function escape(text: string): string {
  return Array.from(text, (char) => (SPECIAL.has(char) ? `\\${char}` : char)).join('');
}
