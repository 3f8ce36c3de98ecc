const DOT = 46;
const ZERO = 48;
const NINE = 57;
/** Stands for every number, this one included: no component of a template is a number that is not a hole. */
const HOLE = '0';

/** Longer runs of digits are no layer or expert, and would lose their last digits as a number. */
const MAX_DIGITS = 9;

/**
 * Finds the numbers of a name that are whole components (`layers.12.mlp`), as they are written without leading zeros.
 *
 * @param numbers Gets the numbers in order; emptied first.
 * @returns The template: the name with 0 in the place of each.
 */
export function takeNumbers(name: string, numbers: number[]): string {
  numbers.length = 0;
  let template = '';
  let copied = 0;
  let start = 0;
  let value = 0;
  let digits = true;
  for (let at = 0; at <= name.length; at += 1) {
    const code = at === name.length ? DOT : name.charCodeAt(at);
    if (code === DOT) {
      const length = at - start;
      // "007" and "7" are two names.
      if (digits && length > 0 && length <= MAX_DIGITS && (length === 1 || name.charCodeAt(start) !== ZERO)) {
        template += name.slice(copied, start) + HOLE;
        copied = at;
        numbers.push(value);
      }
      start = at + 1;
      value = 0;
      digits = true;
    } else if (code >= ZERO && code <= NINE) value = value * 10 + (code - ZERO);
    else digits = false;
  }
  return copied === 0 ? name : template + name.slice(copied);
}

/** The template with its holes filled, in order. */
export function fillTemplate(template: string, fillings: readonly string[]): string {
  if (fillings.length === 0) return template;
  let hole = 0;
  return template
    .split('.')
    .map((component) => (component === HOLE ? (fillings[hole++] ?? HOLE) : component))
    .join('.');
}
