/** Cosines and sines of the angle by which each pair of a head is turned at each position: f32[context, headDim / 2]. */
export interface Rope {
  readonly headDim: number;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Rotary position embeddings: pair i turns by theta^(-2 i / headDim) a token. Rounded to f32 at each step, as transformers does. */
export function createRope(context: number, headDim: number, theta: number): Rope {
  const pairs = headDim / 2;
  const frequencies = Float32Array.from({ length: pairs }, (_, i) => 1 / theta ** ((2 * i) / headDim));
  const angles = Float32Array.from(
    { length: context * pairs },
    (_, at) => Math.floor(at / pairs) * (frequencies[at % pairs] ?? 0),
  );
  return { headDim, cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

/** Turns [tokens, heads * headDim] in place; the first token is at position `start`. A pair is (i, i + headDim / 2). */
export function rotate(x: Float32Array, width: number, start: number, { headDim, cos, sin }: Rope): void {
  const pairs = headDim / 2;
  for (let at = 0; at < x.length; at += headDim) {
    const angle = (start + Math.floor(at / width)) * pairs;
    for (let i = 0; i < pairs; i += 1) {
      const [c, s] = [cos[angle + i] ?? 0, sin[angle + i] ?? 0];
      const [a, b] = [x[at + i] ?? 0, x[at + i + pairs] ?? 0];
      x[at + i] = a * c - b * s;
      x[at + i + pairs] = b * c + a * s;
    }
  }
}
