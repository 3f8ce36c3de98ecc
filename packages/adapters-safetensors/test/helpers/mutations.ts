import { FewbitError, type Source } from '@fewbit/core';
import { memorySource, readHeader } from '@fewbit/adapters-safetensors';

import { fileOf } from './headers.ts';

/** Texts that a mutation may put in. */
const PIECES: readonly string[] = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\0',
  ' ',
  '0',
  '-',
  '.',
  'e9',
  '9007199254740992',
  '18446744073709551616',
  '1e400',
  'null',
  'true',
  '"a"',
  '"dtype"',
  '"shape"',
  '"data_offsets"',
  '"__metadata__"',
  '"__proto__"',
  '{}',
  '[]',
  '\\u0000',
  '\\ud800',
  'F4',
  'U8',
  'BOOL',
  '\u00ff',
  '\uffff',
  '{"a":',
  '[[[[[[[[',
];

const SEEDS: readonly string[] = [
  '{"__metadata__":{"format":"pt","a.w":"{\\"_type\\": \\"Tensor\\"}"},"a.w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b.w":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"c":{"dtype":"F4","shape":[2,2],"data_offsets":[32,34]}}',
  '{"z":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"y":{"shape":[0],"dtype":"I64","data_offsets":[1,1],"extra":[1,{"k":null}]}}   ',
  '{}',
];
const DATA_BYTES: readonly number[] = [34, 1, 0];

/** The nth mutated file of an endless, repeatable row. */
export function mutatedFile(number: number): Uint8Array<ArrayBuffer> {
  const random = mulberry(number);
  const at = Math.floor(random() * SEEDS.length);
  let text = new TextEncoder().encode(SEEDS[at]);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) text = mutate(text, random);
  const claimed =
    random() < 0.1 ? BigInt(Math.floor(random() * 2 ** 33)) << BigInt(Math.floor(random() * 31)) : undefined;
  const dataBytes = random() < 0.9 ? (DATA_BYTES[at] ?? 0) : Math.floor(random() * 40);
  return fileOf(text, dataBytes, claimed);
}

function mutate(text: Uint8Array<ArrayBuffer>, random: () => number): Uint8Array<ArrayBuffer> {
  const start = Math.floor(random() * (text.byteLength + 1));
  const end = Math.min(text.byteLength, start + Math.floor(random() * random() * 20));
  const choice = random();
  let put = new TextEncoder().encode(PIECES[Math.floor(random() * PIECES.length)]);
  if (choice < 0.2) put = new Uint8Array(0);
  else if (choice < 0.4) put = Uint8Array.of(Math.floor(random() * 256));
  else if (choice < 0.6) {
    const from = Math.floor(random() * text.byteLength);
    put = text.slice(from, from + Math.floor(random() * 60));
  }
  const result = new Uint8Array(start + put.byteLength + text.byteLength - end);
  result.set(text.subarray(0, start));
  result.set(put, start);
  result.set(text.subarray(end), start + put.byteLength);
  return result;
}

function mulberry(seed: number): () => number {
  let state = (seed + 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Reads a file and checks the outcome: a typed error, or tensors that JSON.parse finds too and that cover the data.
 *
 * @returns Whether the file was accepted.
 * @throws Error describing what was wrong.
 */
export async function checkReading(file: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const source: Source = memorySource(file);
  let header;
  try {
    header = await readHeader(source, { where: 'mutated' });
  } catch (error) {
    if (FewbitError.isInstance(error) && error.code === 'FEWBIT_CHECKPOINT_INVALID') return false;
    throw error;
  }
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, 8 + length));
  const parsed = new Map(
    Object.entries(
      JSON.parse(text) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
    ),
  );
  const metadata = parsed.get('__metadata__');
  parsed.delete('__metadata__');
  if (parsed.size !== header.tensors.length)
    throw new Error(`${header.tensors.length} tensors instead of ${parsed.size}`);
  let position = 8 + length;
  for (const tensor of header.tensors) {
    const entry = parsed.get(tensor.name);
    const same = entry?.dtype === tensor.dtype && JSON.stringify(entry.shape) === JSON.stringify(tensor.shape);
    if (!same || tensor.begin !== position || entry.data_offsets[0] + 8 + length !== tensor.begin)
      throw new Error(`"${tensor.name}" was misread`);
    position = tensor.end;
  }
  if (position !== file.byteLength) throw new Error('the tensors do not cover the data');
  const entries = Object.entries((metadata ?? {}) as unknown as Record<string, unknown>);
  if (entries.length !== header.metadata.size || entries.some(([name, value]) => header.metadata.get(name) !== value))
    throw new Error('the metadata was misread');
  return true;
}
