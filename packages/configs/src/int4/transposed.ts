/** A row-major [rows, columns] of elements of `width` bytes, as [columns, rows]. */
export function transposed(bytes: Uint8Array, rows: number, columns: number, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const from = (row * columns + column) * width;
      const to = (column * rows + row) * width;
      for (let byte = 0; byte < width; byte += 1) out[to + byte] = bytes[from + byte] ?? 0;
    }
  }
  return out;
}
