import type { RecipeProblem } from './recipe/recipe-problem.ts';

/** The stable codes of every error that fewbit's packages throw on purpose. */
export type FewbitErrorCode =
  | 'FEWBIT_RECIPE_INVALID'
  | 'FEWBIT_CONFIG_INVALID'
  | 'FEWBIT_CONFIG_UNSUPPORTED'
  | 'FEWBIT_CHECKPOINT_INVALID'
  | 'FEWBIT_CHECKPOINT_UNSUPPORTED'
  | 'FEWBIT_PLAN_REFUSED'
  | 'FEWBIT_PLAN_INVALID'
  | 'FEWBIT_OUTPUT_REFUSED'
  | 'FEWBIT_READ_FAILED'
  | 'FEWBIT_WRITE_FAILED'
  | 'FEWBIT_REGISTRY_INVALID'
  | 'FEWBIT_BACKEND_UNAVAILABLE'
  | 'FEWBIT_BACKEND_INEXACT'
  | 'FEWBIT_INFERENCE_INVALID'
  | 'FEWBIT_SELECTION_INVALID'
  | 'FEWBIT_ABORTED';

/** What an error is built from: each field is one question that a reader of the message has. */
export interface FewbitErrorDetails {
  /** What was seen, as a sentence without a full stop. */
  readonly message: string;
  /** Where: a file, a JSON path, a tensor name. */
  readonly where?: string;
  /** What would have been allowed. */
  readonly allowed?: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

// A registered symbol rather than `instanceof`: two copies of this package in one program still recognise each other's errors.
const MARKER = Symbol.for('fewbit.error');

/** Every error that fewbit throws on purpose: what was seen, where, what is allowed, what to do, and a stable `code`. */
export class FewbitError extends Error {
  readonly code: FewbitErrorCode;
  readonly where: string | undefined;
  readonly allowed: string | undefined;
  readonly hint: string | undefined;
  /** What the message was made of, to make it again on another thread. */
  readonly details: FewbitErrorDetails;

  constructor(code: FewbitErrorCode, details: FewbitErrorDetails) {
    super(sentence(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'FewbitError';
    this.code = code;
    this.where = details.where;
    this.allowed = details.allowed;
    this.hint = details.hint;
    this.details = details;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for a FewbitError of any copy of this package. */
  static isInstance(value: unknown): value is FewbitError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

function sentence({ message, where, allowed, hint }: FewbitErrorDetails): string {
  const place = where === undefined ? '' : `${where}: `;
  const expected = allowed === undefined ? '' : `; expected ${allowed}`;
  const advice = hint === undefined ? '' : ` ${hint}`;
  return `${place}${message}${expected}.${advice}`;
}

/** A recipe that cannot be read: malformed JSON, duplicate keys, an unknown config type, maps that disagree. */
export class InvalidRecipeError extends FewbitError {
  /** Everything that is wrong, in the order of the text; empty when the text is no JSON that can be read at all. */
  readonly problems: readonly RecipeProblem[];

  constructor(details: FewbitErrorDetails & { readonly problems?: readonly RecipeProblem[] }) {
    super('FEWBIT_RECIPE_INVALID', details);
    this.name = 'InvalidRecipeError';
    this.problems = details.problems ?? [];
  }
}

/** A config whose fields, version or combination torchao would refuse. */
export class InvalidConfigError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_CONFIG_INVALID', details);
    this.name = 'InvalidConfigError';
  }
}

/** A config that torchao takes and fewbit does not (yet): a packing format for one GPU, say. */
export class UnsupportedConfigError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_CONFIG_UNSUPPORTED', details);
    this.name = 'UnsupportedConfigError';
  }
}

/** A checkpoint that is malformed for good: reading it again will not help. */
export class InvalidCheckpointError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_CHECKPOINT_INVALID', details);
    this.name = 'InvalidCheckpointError';
  }
}

/** Bytes that could not be fetched: a missing file, a server's answer, a connection that closed. Trying again may help. */
export class ReadError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_READ_FAILED', details);
    this.name = 'ReadError';
  }
}

/** Bytes that could not be written: a full disk, a missing permission. Nothing stands under the final name. */
export class WriteError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_WRITE_FAILED', details);
    this.name = 'WriteError';
  }
}

/** An output that fewbit will not write because no loader could read it back, or because something stands there already. */
export class OutputRefusedError extends FewbitError {
  constructor(details: FewbitErrorDetails) {
    super('FEWBIT_OUTPUT_REFUSED', details);
    this.name = 'OutputRefusedError';
  }
}
