import { wgsl } from './wgsl.ts';
/** Dot product of four signed bytes by four: an instruction where the language has it, shifts elsewhere. */
export function dotPiece(packedDot: boolean): string {
  if (packedDot) {
    return wgsl`
fn dot4(a: u32, b: u32) -> i32 {
  return dot4I8Packed(a, b);
}
`;
  }
  return wgsl`
fn dot4(a: u32, b: u32) -> i32 {
  return dot(bytesOf(a), bytesOf(b));
}
`;
}

/** The four signed bytes of a word. */
export const BYTES: string = wgsl`
fn bytesOf(word: u32) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(word << 24u, word << 16u, word << 8u, word)) >> vec4<u32>(24u);
}
`;
