import { contains } from '../charset/ranges.ts';
import type { UnicodeTables } from './tables.ts';

const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeUnprintable(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x1_0000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Python's `repr()` of a string; error messages quote names with it. */
export function pythonRepr(text: string, tables: UnicodeTables): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === quote) out += `\\${char}`;
    else if (NAMED[char] !== undefined) out += NAMED[char];
    else if (contains(tables.printable, code)) out += char;
    else out += escapeUnprintable(code);
  }
  return out + quote;
}

/** Python's `str.isidentifier()`. */
export function isIdentifier(text: string, tables: UnicodeTables): boolean {
  let first = true;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (!contains(first ? tables.xidStart : tables.xidContinue, code)) return false;
    first = false;
  }
  return !first;
}
