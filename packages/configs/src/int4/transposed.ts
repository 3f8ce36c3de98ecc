/** A row-major [rows, columns] of elements of `width` bytes, 2 or 4, as [columns, rows]. */
export function transposed(bytes: Uint8Array, rows: number, columns: number, width: number): Uint8Array {
  // Whole elements are moved at once, which typed arrays allow at aligned addresses only.
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const count = rows * columns;
  const [from, to] =
    width === 2
      ? [new Uint16Array(buffer, byteOffset, count), new Uint16Array(count)]
      : [new Uint32Array(buffer, byteOffset, count), new Uint32Array(count)];
  let at = 0;
  for (let column = 0; column < columns; column += 1) {
    for (let place = column; place < count; place += columns, at += 1) to[at] = from[place] ?? 0;
  }
  return new Uint8Array(to.buffer);
}
