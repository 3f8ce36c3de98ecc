/** WGSL as text: the tag only tells readers and editors what language it is. */
export function wgsl(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values);
}
