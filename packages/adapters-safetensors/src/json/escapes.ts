import { pythonString } from './python-json.ts';

/** How a text's characters look between quotes, for texts that are not plain printable ASCII. */
export type Escape = (text: string) => string;

/** As the reference implementation writes strings: UTF-8, only quotes, backslashes and control characters escaped. */
export const jsonEscape: Escape = (text) => JSON.stringify(text).slice(1, -1);

/** As Python writes strings: ASCII. */
export const pythonEscape: Escape = (text) => pythonString(text).slice(1, -1);

/** In a JSON text of Python's that is itself inside a JSON string. */
export const nestedEscape: Escape = (text) => jsonEscape(pythonEscape(text));
