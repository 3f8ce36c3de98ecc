import {
  DTYPE_BITS,
  InvalidCheckpointError,
  isDtype,
  type Dtype,
  type JsonScanner,
  type StoredTensor,
} from '@fewbit/core';

import { scanCheckpointJson, shown } from '../json/checkpoint-json.ts';

/** Bytes before the JSON text: its length, little-endian. */
export const LENGTH_BYTES = 8;

/** The reference implementation refuses longer ones: a header is read whole, so its length bounds what a file can cost. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The name under which a header keeps strings instead of a tensor. */
export const METADATA_KEY = '__metadata__';

/** What a file's header says, checked. */
export interface Header {
  /** By position. `begin` and `end` count from the start of the file. */
  readonly tensors: readonly StoredTensor[];
  readonly metadata: ReadonlyMap<string, string>;
  /** The length field and the JSON text with its padding. */
  readonly byteLength: number;
}

export interface HeaderContext {
  /** Names the file in errors. */
  readonly where: string;
  /** Length of the whole file: the tensors must fill it to the last byte. */
  readonly fileByteLength: number;
  /** What the tensors get as their shard. 0 unless told. */
  readonly shard?: number;
}

/**
 * Parses and checks the JSON text of a header, as the reference implementation does and with its limits, and in addition
 * refuses names that occur twice. Members of an entry that the format does not know are passed over, as there.
 *
 * @param json The bytes after the length field.
 * @throws InvalidCheckpointError for anything that is not a valid header of a file of that length.
 */
export function parseHeader(json: Uint8Array, context: HeaderContext): Header {
  const { where, fileByteLength, shard = 0 } = context;
  const scanner = scanCheckpointJson(decode(json, where), `${where}, header`, json);
  const dataBegin = LENGTH_BYTES + json.byteLength;
  const names = scanner.distinctNames();
  const tensors: StoredTensor[] = [];
  const entry: EntryContext = { shard, dataBegin, forms: [] };
  let metadata: ReadonlyMap<string, string> = new Map();
  if (scanner.openObject()) {
    do {
      const place = scanner.valuePosition();
      const name = scanner.name();
      names.add(place);
      if (name === METADATA_KEY) metadata = readMetadata(scanner);
      else tensors.push(readEntry(scanner, name, entry));
    } while (scanner.moreMembers());
  }
  scanner.end();
  scanner.reportDuplicates(names);
  checkPositions(tensors, { where, dataBegin, fileByteLength });
  return { tensors, metadata, byteLength: dataBegin };
}

function decode(json: Uint8Array, where: string): string {
  if (json[0] !== 0x7b) throw new InvalidCheckpointError({ message: 'the header does not begin with "{"', where });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch (cause) {
    throw new InvalidCheckpointError({ message: 'the header is not valid UTF-8', where, cause });
  }
}

function readMetadata(scanner: JsonScanner): ReadonlyMap<string, string> {
  const metadata: Map<string, string> = new Map();
  if (scanner.null()) return metadata;
  if (!scanner.openObject()) return metadata;
  do {
    const name = scanner.name();
    if (metadata.has(name)) scanner.fail(`the name ${shown(name)} occurs twice in ${METADATA_KEY}`);
    metadata.set(name, scanner.string());
  } while (scanner.moreMembers());
  return metadata;
}

interface EntryContext {
  readonly shard: number;
  readonly dataBegin: number;
  /** Latest first. */
  readonly forms: EntryForm[];
}

/** What entries say before their offsets, and where the text stands that said so. */
interface EntryForm {
  readonly begin: number;
  readonly end: number;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

// A model's layers repeat a handful of shapes in turn.
const REMEMBERED_FORMS = 16;

function readEntry(scanner: JsonScanner, name: string, { shard, dataBegin, forms }: EntryContext): StoredTensor {
  const entryBegin = scanner.position;
  const form = forms.find(({ begin, end }) => scanner.repeats(begin, end));
  let { dtype, shape }: { dtype?: Dtype; shape?: readonly number[] } = form ?? {};
  let begin = -1;
  let end = -1;
  let unknown: string[] | undefined;
  let more = form !== undefined || scanner.openObject();
  while (more) {
    const known = form !== undefined && begin < 0 ? OFFSETS : scanner.nameAmong(MEMBERS);
    const member = MEMBERS[known] ?? scanner.name();
    if (member === 'dtype' && dtype === undefined) dtype = readDtype(scanner, name);
    else if (member === 'shape' && shape === undefined) shape = readShape(scanner);
    else if (member === 'data_offsets' && begin < 0) {
      if (form === undefined && dtype !== undefined && shape !== undefined && unknown === undefined)
        remember(forms, { begin: entryBegin, end: scanner.position, dtype, shape });
      begin = readBegin(scanner, name);
      end = readEnd(scanner, name);
    } else if (MEMBERS.includes(member)) scanner.fail(`${shown(name)} has ${shown(member)} twice`);
    else {
      (unknown ??= []).push(member);
      scanner.skip();
    }
    more = scanner.moreMembers();
  }
  if (unknown !== undefined && new Set(unknown).size < unknown.length)
    scanner.fail(`${shown(name)} has a member twice`);
  if (dtype === undefined || shape === undefined || begin < 0) {
    return scanner.fail(`${shown(name)} lacks a member`, '"dtype", "shape" and "data_offsets"');
  }
  const needed = tensorBytes(scanner, name, dtype, shape);
  if (end - begin !== needed) {
    scanner.fail(
      `${shown(name)} takes ${end - begin} bytes, but ${dtype} [${shown(shape.join(', ')).slice(1, -1)}] needs ${needed}`,
    );
  }
  return { name, dtype, shape, shard, begin: dataBegin + begin, end: dataBegin + end };
}

function remember(forms: EntryForm[], form: EntryForm): void {
  forms.unshift(form);
  forms.length = Math.min(forms.length, REMEMBERED_FORMS);
}

const MEMBERS: readonly string[] = ['dtype', 'shape', 'data_offsets'];
const OFFSETS = MEMBERS.indexOf('data_offsets');
const DTYPES: readonly Dtype[] = Object.keys(DTYPE_BITS).filter(isDtype);

function readDtype(scanner: JsonScanner, name: string): Dtype {
  const known = DTYPES[scanner.oneOf(DTYPES)];
  if (known !== undefined) return known;
  const dtype = scanner.string();
  if (isDtype(dtype)) return dtype;
  return scanner.fail(`${shown(name)} has the dtype ${shown(dtype)}`, `one of ${DTYPES.join(', ')}`);
}

function readShape(scanner: JsonScanner): readonly number[] {
  const shape: number[] = [];
  if (scanner.openArray()) {
    do shape.push(scanner.count());
    while (scanner.moreElements());
  }
  // An array that grew by push keeps room for 17 elements.
  return shape.slice();
}

function readBegin(scanner: JsonScanner, name: string): number {
  if (!scanner.openArray()) scanner.fail(`${shown(name)} has no data offsets`, 'two');
  const begin = scanner.count();
  if (!scanner.moreElements()) scanner.fail(`${shown(name)} has one data offset`, 'two');
  return begin;
}

function readEnd(scanner: JsonScanner, name: string): number {
  const end = scanner.count();
  if (scanner.moreElements()) scanner.fail(`${shown(name)} has more than two data offsets`, 'two');
  return end;
}

function tensorBytes(scanner: JsonScanner, name: string, dtype: Dtype, shape: readonly number[]): number {
  let bits = DTYPE_BITS[dtype];
  // The product is checked at each step: [2^52, 2^52, 0] is refused as in the reference, though it would end at 0.
  for (const extent of shape) {
    bits *= extent;
    if (bits > Number.MAX_SAFE_INTEGER) scanner.fail(`the size of ${shown(name)} overflows`, 'fewer than 2^53 bits');
  }
  if (bits % 8 !== 0) scanner.fail(`${shown(name)} of dtype ${dtype} does not fill whole bytes`);
  return bits / 8;
}

interface Extent {
  readonly where: string;
  readonly dataBegin: number;
  readonly fileByteLength: number;
}

/** Sorts by position and checks that the tensors cover the data without a hole or an overlap, to the file's last byte. */
function checkPositions(tensors: StoredTensor[], { where, dataBegin, fileByteLength }: Extent): void {
  let position = dataBegin;
  const ordered = tensors.every((tensor) => {
    const follows = tensor.begin >= position;
    position = tensor.end;
    return follows;
  });
  if (!ordered) tensors.sort((left, right) => left.begin - right.begin || left.end - right.end);
  position = dataBegin;
  for (const tensor of tensors) {
    if (tensor.begin !== position) {
      throw new InvalidCheckpointError({
        message: `the bytes of ${shown(tensor.name)} ${tensor.begin < position ? 'overlap those of another tensor' : 'leave a hole before them'}`,
        where,
        allowed: `data offset ${position - dataBegin}, seen ${tensor.begin - dataBegin}`,
      });
    }
    position = tensor.end;
  }
  if (position !== fileByteLength) {
    throw new InvalidCheckpointError({
      message: `the file has ${fileByteLength} bytes, but its header describes ${position}`,
      where,
      hint: position > fileByteLength ? 'It may have been cut off: fetch it again.' : 'Something was appended to it.',
    });
  }
}
