export type { CheckpointFolder } from './checkpoint/open-checkpoint.ts';
export type { FetchFunction, FetchInit, FetchResponse, HttpOptions } from './http/http-options.ts';
export { openHttpSource } from './http/http-source.ts';
export {
  createDirectorySink,
  openPart,
  type DirectorySink,
  type DirectorySinkOptions,
  type OpenPartOptions,
  type SinkPart,
} from './node/directory-sink.ts';
export { openFileSource, type FileSourceOptions } from './node/file-source.ts';
export { cleanLeftovers, listLeftovers, type Leftover } from './node/leftovers.ts';
export { openCheckpoint, openSource } from './node/open-path.ts';
