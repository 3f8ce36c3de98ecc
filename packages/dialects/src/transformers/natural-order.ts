/** transformers' order of loading: components of digits before others and by number, others by text, then by the number at their end. */
export function compareNaturally(left: string, right: string): number {
  const [ours, theirs] = [left.split('.'), right.split('.')];
  for (let at = 0; at < Math.min(ours.length, theirs.length); at++) {
    const order = compareComponents(ours[at] ?? '', theirs[at] ?? '');
    if (order !== 0) return order;
  }
  return ours.length - theirs.length;
}

function compareComponents(left: string, right: string): number {
  if (left === right) return 0;
  const [[leftText, leftNumber], [rightText, rightNumber]] = [parts(left), parts(right)];
  const [leftIsNumber, rightIsNumber] = [leftText === '' && leftNumber !== -1, rightText === '' && rightNumber !== -1];
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  if (leftText !== rightText) return leftText < rightText ? -1 : 1;
  return leftNumber - rightNumber;
}

/** The text before the digits at the end, and their number; -1 without any. */
function parts(component: string): readonly [string, number] {
  let end = component.length;
  while (end > 0 && isDigit(component.charCodeAt(end - 1))) end--;
  return [component.slice(0, end), end === component.length ? -1 : Number(component.slice(end))];
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
