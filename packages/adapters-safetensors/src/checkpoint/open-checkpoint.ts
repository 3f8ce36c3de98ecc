import {
  InvalidCheckpointError,
  ReadError,
  type Checkpoint,
  type JsonObject,
  type Shard,
  type Source,
  type StoredTensor,
} from '@fewbit/core';

import { readHeader } from '../header/read-header.ts';
import type { Header } from '../header/parse-header.ts';
import { shown } from '../json/checkpoint-json.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import { CONFIG_FILE, MAX_CONFIG_BYTES, parseConfig } from './config-file.ts';
import { checkIndex, indexProblems } from './check-index.ts';
import { INDEX_SUFFIX, MAX_INDEX_BYTES, parseIndex, type ShardIndex } from './index-file.ts';

/** Headers read at once: enough to hide a server's latency, few enough for its patience. */
const CONCURRENT_HEADERS = 8;

/** A checkpoint together with what lies beside it in its folder. */
export interface CheckpointFolder extends Checkpoint {
  /** The path or URL of each shard, to open it again elsewhere: on another thread, say. */
  readonly shardLocations: readonly string[];
  /** The `__metadata__` of each shard by itself. */
  readonly shardMetadata: readonly ReadonlyMap<string, string>[];
  /** What the index and the shards disagree on, in words; empty unless `brokenIndex` was `report`. */
  readonly indexProblems: readonly string[];
  /** The model's `config.json`; null when there is none, or when a single file was opened. */
  readonly config: JsonObject | null;
  /** The same as text, for a copy that keeps what JSON cannot hold. */
  readonly configText: string | null;
  /** Names of the other files of the folder, ascending: tokenizer, generation config, … Empty where nothing can be listed. */
  readonly sideFiles: readonly string[];
  /**
   * Opens a side file. The caller closes it.
   *
   * @throws ReadError when it is not there.
   */
  readonly openSideFile: (name: string) => Promise<Source>;
}

export interface OpenOptions {
  /**
   * What to do where an index and its shards disagree, a missing shard included. `refuse` (default): throw. `report`: open
   * what there is and list the rest in `indexProblems`, for one who wants to see what is wrong.
   */
  readonly brokenIndex?: 'refuse' | 'report';
}

/**
 * Opens the checkpoint in a folder: `model.safetensors`, or the shards of `model.safetensors.index.json`, or the only
 * safetensors file or index there is. Reads the headers and nothing else of them.
 *
 * @param index The index to follow; looked for unless told.
 * @throws InvalidCheckpointError for a malformed checkpoint, ReadError for files that are missing or cannot be read.
 */
export async function openFolder(
  files: CheckpointFiles,
  index?: string,
  { brokenIndex = 'refuse' }: OpenOptions = {},
): Promise<CheckpointFolder> {
  const entry = index ?? (await findEntry(files));
  const weights = entry.endsWith('.json')
    ? parseIndex(await readWhole(files, entry, MAX_INDEX_BYTES), `${files.where}/${entry}`)
    : null;
  const configBytes = await readOptional(files, CONFIG_FILE, MAX_CONFIG_BYTES);
  const configText = configBytes === null ? null : new TextDecoder().decode(configBytes);
  const config = configText === null ? null : parseConfig(configText, `${files.where}/${CONFIG_FILE}`);
  const shards = weights?.shards ?? [entry];
  const own: Set<string> = new Set([...shards, entry, CONFIG_FILE]);
  const sideFiles = ((await files.list()) ?? []).filter((name) => !own.has(name)).sort();
  const checkpoint = await openShards(files, shards, weights, brokenIndex);
  const shardLocations = checkpoint.shards.map(({ name }) => files.locate(name));
  return {
    ...checkpoint,
    shardLocations,
    config,
    configText,
    sideFiles,
    openSideFile: (name) => openNamed(files, name),
  };
}

/** Where a single file is, and what to call it. */
export interface FileLocation {
  /** Path or URL. */
  readonly location: string;
  /** The file's name alone. */
  readonly name: string;
}

/**
 * Opens a single safetensors file. Closing the checkpoint closes the source.
 *
 * @throws InvalidCheckpointError for a malformed file, ReadError when its header cannot be read.
 */
export async function openFile(source: Source, { location, name }: FileLocation): Promise<CheckpointFolder> {
  const files: CheckpointFiles = {
    where: location,
    locate: () => location,
    open: () => Promise.resolve(source),
    list: () => Promise.resolve([]),
  };
  const checkpoint = await openShards(files, [name], null, 'refuse');
  const openSideFile = (wanted: string): Promise<Source> =>
    Promise.reject(new ReadError({ message: `a single file has no side file ${shown(wanted)}`, where: location }));
  return { ...checkpoint, shardLocations: [location], config: null, configText: null, sideFiles: [], openSideFile };
}

async function findEntry(files: CheckpointFiles): Promise<string> {
  const listed = await files.list();
  const usual = ['model.safetensors', `model${INDEX_SUFFIX}`];
  if (listed === null) {
    for (const name of usual) {
      const source = await files.open(name);
      await source?.close?.();
      if (source !== null) return name;
    }
    throw new ReadError({ message: `there is neither ${usual.join(' nor ')}`, where: files.where });
  }
  const found = usual.find((name) => listed.includes(name));
  if (found !== undefined) return found;
  const indexes = listed.filter((name) => name.endsWith(INDEX_SUFFIX));
  const candidates = indexes.length > 0 ? indexes : listed.filter((name) => name.endsWith('.safetensors'));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw new ReadError({
    message:
      candidates.length === 0
        ? 'there is no safetensors file'
        : `there are several candidates: ${candidates.slice(0, 10).join(', ')}`,
    where: files.where,
    hint:
      candidates.length === 0
        ? 'Give the folder that holds model.safetensors.'
        : 'Give the file or the index instead of the folder.',
  });
}

type OpenedShards = Checkpoint & Pick<CheckpointFolder, 'shardMetadata' | 'indexProblems'>;

async function openShards(
  files: CheckpointFiles,
  names: readonly string[],
  index: ShardIndex | null,
  brokenIndex: 'refuse' | 'report',
): Promise<OpenedShards> {
  const opened: Source[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map(async (source) => source.close?.()));
  };
  try {
    const sources = await mapConcurrently(names, CONCURRENT_HEADERS, async (name) => {
      const source = brokenIndex === 'report' ? await files.open(name) : await openNamed(files, name);
      if (source !== null) opened.push(source);
      return source === null ? [] : [{ name, source }];
    });
    const present = sources.flat();
    // Nothing at all is no checkpoint, however little is asked of it.
    if (present.length === 0) await openNamed(files, names[0] ?? '');
    const read = await mapConcurrently(present, CONCURRENT_HEADERS, async ({ name, source }, shard) => ({
      name,
      source,
      header: await readHeader(source, { where: name, shard }),
    }));
    const shards = read.map(({ name, header }) => ({ name, tensors: header.tensors }));
    const reports = index !== null && brokenIndex === 'report';
    if (index !== null && !reports) checkIndex(index, shards, files.where);
    return { ...assemble(read), indexProblems: reports ? indexProblems(index, shards) : [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface ReadShard extends Shard {
  readonly header: Header;
}

function assemble(read: readonly ReadShard[]): Omit<OpenedShards, 'close' | 'indexProblems'> {
  const tensors: StoredTensor[] = [];
  const metadata: Map<string, string> = new Map();
  for (const { header } of read) {
    for (const tensor of header.tensors) tensors.push(tensor);
    for (const [key, value] of header.metadata) metadata.set(key, value);
  }
  return {
    shards: read.map(({ name, source }) => ({ name, source })),
    tensors,
    metadata,
    shardMetadata: read.map(({ header }) => header.metadata),
  };
}

async function openNamed(files: CheckpointFiles, name: string): Promise<Source> {
  const source = await files.open(name);
  if (source !== null) return source;
  throw new ReadError({ message: `the file "${name}" is missing`, where: files.where });
}

async function readWhole(files: CheckpointFiles, name: string, maxBytes: number): Promise<Uint8Array> {
  return (
    (await readOptional(files, name, maxBytes)) ??
    Promise.reject(new ReadError({ message: `the file "${name}" is missing`, where: files.where }))
  );
}

async function readOptional(files: CheckpointFiles, name: string, maxBytes: number): Promise<Uint8Array | null> {
  const source = await files.open(name);
  if (source === null) return null;
  try {
    if (source.byteLength > maxBytes) {
      throw new InvalidCheckpointError({
        message: `the file has ${source.byteLength} bytes`,
        where: `${files.where}/${name}`,
        allowed: `at most ${maxBytes}`,
      });
    }
    return await source.read(0, source.byteLength);
  } finally {
    await source.close?.();
  }
}
