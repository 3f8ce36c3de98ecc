/** A row-major [rows, columns] of elements of `width` bytes, 2 or 4, as [columns, rows]. */
export function transposed(bytes: Uint8Array, rows: number, columns: number, width: number): Uint8Array {
  // Whole elements are moved at once, which typed arrays allow at aligned addresses only.
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const count = rows * columns;
  const [from, to] =
    width === 2
      ? [new Uint16Array(buffer, byteOffset, count), new Uint16Array(count)]
      : [new Uint32Array(buffer, byteOffset, count), new Uint32Array(count)];
  let column = 0;
  // Columns by fours: what is read of a row lies side by side.
  for (; column + 4 <= columns; column += 4) {
    const [a, b, c, d] = [column * rows, (column + 1) * rows, (column + 2) * rows, (column + 3) * rows];
    for (let row = 0, place = column; row < rows; row += 1, place += columns) {
      to[a + row] = from[place] ?? 0;
      to[b + row] = from[place + 1] ?? 0;
      to[c + row] = from[place + 2] ?? 0;
      to[d + row] = from[place + 3] ?? 0;
    }
  }
  for (; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) to[column * rows + row] = from[row * columns + column] ?? 0;
  }
  return new Uint8Array(to.buffer);
}
