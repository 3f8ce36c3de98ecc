// What the host writes for a kernel of a step (src/module/steps.ts): 32-bit words.

export function word(args: usize, at: i32): i32 {
  return load<i32>(args + (at << 2));
}

export function floatAt(args: usize, at: i32): f32 {
  return load<f32>(args + (at << 2));
}
