import type { InferenceOperations } from './inference.ts';
import type { QuantizingOperations } from './quantizing.ts';

/**
 * A place to compute: named operations over typed arrays. It knows no config by name.
 *
 * A factory gives null where the environment lacks what the backend needs, and throws only when something is broken.
 * The reference backend is the oracle: every other one agrees with it on quantizing as it promises (`exactness`: bit for bit, or it has
 * to be allowed where it is used), and on running layers as LinearLayer says.
 */
export interface Backend {
  readonly name: string;
  readonly quantizing: QuantizingOperations;
  /** Null: this backend only quantizes. */
  readonly inference: InferenceOperations | null;
  /** Frees what the backend holds. Calling it twice is allowed. */
  readonly close: () => void;
}
