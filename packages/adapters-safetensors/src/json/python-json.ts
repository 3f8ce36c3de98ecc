import { OutputRefusedError, type JsonValue } from '@fewbit/core';

// Python's json escapes everything but printable ASCII; these are the only characters that need nothing.
const PLAIN = /^(?:(?!["\\])[\x20-\x7e])*$/;
const ESCAPED = /["\\]|[^\x20-\x7e]/g;
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b'],
]);

/** The text that Python's `json.dumps` gives with its defaults: `", "` and `": "` between parts, ASCII only. */
export function pythonJson(value: JsonValue): string {
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (value === null || typeof value === 'boolean') return String(value);
  let text = '';
  if (isList(value)) {
    for (const element of value) text += (text === '' ? '' : ', ') + pythonJson(element);
    return `[${text}]`;
  }
  for (const name of Object.keys(value)) {
    text += `${text === '' ? '' : ', '}${pythonString(name)}: ${pythonJson(value[name] ?? null)}`;
  }
  return `{${text}}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A string as Python's `json.dumps` quotes it. */
export function pythonString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${text.replace(ESCAPED, escape)}"`;
}

function escape(character: string): string {
  return SHORT_ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A whole number as Python writes an int, any other as it writes a float. */
function pythonNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new OutputRefusedError({ message: `${value} in a tensor's attributes has no JSON form` });
  if (Object.is(value, -0)) return '-0.0';
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const magnitude = Math.abs(value);
  // Python turns to exponents below 1e-4, JavaScript below 1e-6; and Python gives an exponent two digits.
  const text = magnitude < 1e-4 || magnitude >= 1e16 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
