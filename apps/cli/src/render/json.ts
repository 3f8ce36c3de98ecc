/** JSON for programs: one value, one line end. Numbers that JSON lacks become null. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
