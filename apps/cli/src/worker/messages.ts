import {
  FewbitError,
  type Exactness,
  type FewbitErrorCode,
  type FewbitErrorDetails,
  type RunnableItem,
} from '@fewbit/core';

/** What a worker is started with: enough to be ready before there is a plan. */
export interface WorkerStart {
  readonly backend: string;
  /** Takes a backend that does not promise the reference's bits, too. */
  readonly allowInexact: boolean;
  /** Modules that bring config types and backends of the user's own. */
  readonly plugins: readonly string[];
}

/** The backend that computes. */
export interface OpenedBackend {
  /** With the variant that the machine runs. */
  readonly name: string;
  readonly exactness: Exactness | 'unstated';
}

/** What a worker needs to know of a plan before its first items. */
export interface WorkerJob {
  /** Paths or URLs of the input files, by shard. */
  readonly inputs: readonly string[];
  /** Where the output grows: the sink's temporary directory. */
  readonly directory: string;
  /** Says who is writing: see openPart. */
  readonly writers: SharedArrayBuffer;
  /** Names of the output files, by the plan's index. */
  readonly files: readonly string[];
  /** The recipe as JSON text. */
  readonly recipe: string;
}

export interface WorkerRequest {
  readonly id: number;
  readonly items: readonly RunnableItem[];
}

export type WorkerMessage = { readonly job: WorkerJob } | WorkerRequest;

/** The first message is about having started; those with an `id` answer requests. */
export type WorkerAnswer =
  | { readonly backend: OpenedBackend }
  | { readonly failed: WorkerError }
  | { readonly id: number; readonly statistics: readonly (Uint8Array | null)[] }
  | { readonly id: number; readonly error: WorkerError };

/** An error as it crosses threads, where classes and codes are lost. */
export interface WorkerError {
  /** Null for an error that is no FewbitError. */
  readonly code: FewbitErrorCode | null;
  readonly details: Omit<FewbitErrorDetails, 'cause'>;
}

export function toWorkerError(error: unknown): WorkerError {
  if (FewbitError.isInstance(error)) {
    // A cause may hold what cannot be sent to another thread.
    const { message, where, allowed, hint } = error.details;
    return { code: error.code, details: { message, ...defined({ where, allowed, hint }) } };
  }
  return { code: null, details: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
}

function defined(members: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, string] => member[1] !== undefined),
  );
}

export function fromWorkerError({ code, details }: WorkerError): Error {
  return code === null ? new Error(`a worker failed: ${details.message}`) : new FewbitError(code, details);
}
