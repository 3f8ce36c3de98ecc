export type { CheckpointFolder } from './checkpoint/open-checkpoint.ts';
export type { FetchFunction, FetchInit, FetchResponse, HttpOptions } from './http/http-options.ts';
export { openHttpSource } from './http/http-source.ts';
export { openCheckpointUrl } from './http/open-url.ts';
export { blobSource } from './web/blob-source.ts';
export { openCheckpointBlob, openCheckpointBlobs } from './web/open-blobs.ts';
