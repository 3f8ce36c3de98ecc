const DOT = 46;
const ZERO = 48;
const NINE = 57;
/** Stands for every number, this one included: no component of a template is a number that is not a hole. */
const HOLE = '0';

/** Longer runs of digits are no layer or expert, and would lose their last digits as a number. */
const MAX_DIGITS = 9;

/** What a name is without its numbers, as `scanName` found it. */
export interface ScannedName {
  /** Equal for names that differ in their numbers only, and nearly always different for others. */
  hash: number;
  /** The numbers that are whole components (`layers.12.mlp`) and are written without leading zeros: "007" and "7" are two names. */
  readonly numbers: number[];
}

/** Scans a name into `into`. No string is made: a model has 100,000 names and some twenty templates. */
export function scanName(name: string, into: ScannedName): void {
  const { numbers } = into;
  numbers.length = 0;
  let hash = 0;
  for (let start = 0; start <= name.length;) {
    const before = hash;
    let value = 0;
    let digits = true;
    let at = start;
    for (; at < name.length; at += 1) {
      const code = name.charCodeAt(at);
      if (code === DOT) break;
      if (!isDigit(code)) digits = false;
      value = value * 10 + (code - ZERO);
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    if (digits && isCanonical(name, start, at)) {
      numbers.push(value);
      hash = before;
    }
    hash = (Math.imul(hash, 31) + DOT) | 0;
    start = at + 1;
  }
  into.hash = hash;
}

/** Of digits alone: whether they are taken for a number. */
function isCanonical(name: string, start: number, end: number): boolean {
  const length = end - start;
  return length > 0 && length <= MAX_DIGITS && (length === 1 || name.charCodeAt(start) !== ZERO);
}

/** The name with 0 in the place of each number. */
export function templateOf(name: string): string {
  return name
    .split('.')
    .map((component) => (isNumber(component) ? HOLE : component))
    .join('.');
}

function isNumber(component: string): boolean {
  return /^\d+$/.test(component) && isCanonical(component, 0, component.length);
}

/** Whether `templateOf(name)` is the template, without making it. */
export function isOfTemplate(name: string, template: string): boolean {
  for (let at = 0, seen = 0; ; at += 1, seen += 1) {
    if (template.charCodeAt(at) === ZERO && (at + 1 === template.length || template.charCodeAt(at + 1) === DOT)) {
      const start = seen;
      while (isDigit(name.charCodeAt(seen))) seen += 1;
      if (!isCanonical(name, start, seen)) return false;
      at += 1;
    } else {
      for (; at < template.length && template.charCodeAt(at) !== DOT; at += 1, seen += 1) {
        if (name.charCodeAt(seen) !== template.charCodeAt(at)) return false;
      }
    }
    // Both end here, or both have another component.
    if (seen === name.length || at === template.length) return seen === name.length && at === template.length;
    if (name.charCodeAt(seen) !== DOT) return false;
  }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** A template with its holes filled, in order. */
export function fillTemplate(template: string, fillings: readonly string[]): string {
  if (fillings.length === 0) return template;
  let hole = 0;
  return template
    .split('.')
    .map((component) => (component === HOLE ? (fillings[hole++] ?? HOLE) : component))
    .join('.');
}
