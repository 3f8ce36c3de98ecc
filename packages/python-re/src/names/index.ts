/**
 * The optional table for `\N{NAME}`: `@fewbit/python-re/names`. It is large, so the main entry point does not load it.
 */
import { contains } from '../charset/ranges.ts';
import type { CharacterNames } from '../parse/context.ts';
import { DEFAULT_VERSION, PYTHON_VERSIONS, type PythonVersion } from '../version.ts';
import { CJK, NAMES } from './generated/names.ts';

const HANGUL = 'HANGUL SYLLABLE ';
const IDEOGRAPH = 'CJK UNIFIED IDEOGRAPH-';
const LEADS = 'G GG N D DD R M B BB S SS  J JJ C K T P H'.split(' ');
const VOWELS = 'A AE YA YAE EO E YEO YE O WA WAE OE YO U WEO WE WI YU EU YI I'.split(' ');
const TAILS = ' G GG GS N NJ NH D L LG LM LB LS LT LP LH M B BS S SS NG J C K T P H'.split(' ');

function addSection(names: Map<string, number>, section: string): void {
  let code = 0;
  let before: string[] = [];
  for (const line of section.split('\n')) {
    const comma = line.indexOf(',');
    if (comma < 0) continue;
    code += comma === 0 ? 1 : Number.parseInt(line.slice(0, comma), 36);
    const shared = Number.parseInt(line.charAt(comma + 1), 36);
    before = [...before.slice(0, shared), ...line.slice(comma + 2).split(' ')];
    names.set(before.join(' '), code);
  }
}

function addHangul(names: Map<string, number>): void {
  let code = 0xac00;
  for (const lead of LEADS)
    for (const vowel of VOWELS) for (const tail of TAILS) names.set(HANGUL + lead + vowel + tail, code++);
}

function make(version: PythonVersion): CharacterNames {
  const upTo = PYTHON_VERSIONS.indexOf(version);
  const names: Map<string, number> = new Map();
  for (const section of NAMES.slice(0, upTo + 1)) addSection(names, section);
  addHangul(names);
  const cjk = CJK[upTo] ?? [];
  return (name) => {
    // Computed names are compared as they are, all others in capitals.
    if (name.startsWith(HANGUL)) return names.get(name);
    if (name.startsWith(IDEOGRAPH)) {
      const digits = name.slice(IDEOGRAPH.length);
      const code = /^[0-9A-F]{4,5}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
      return contains(cjk, code) ? code : undefined;
    }
    const upper = name.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    return upper.startsWith(HANGUL) ? undefined : names.get(upper);
  };
}

const made: Map<PythonVersion, CharacterNames> = new Map();

/**
 * Returns the names that `\N{…}` knows in one Python version, for the option `characterNames` of `compile` and
 * `compileSet`. Takes some tens of milliseconds the first time.
 *
 * @example
 * compile('\\N{SNAKE}', { characterNames: characterNames() }).testFullmatch('🐍'); // true
 */
export function characterNames(version: PythonVersion = DEFAULT_VERSION): CharacterNames {
  let names = made.get(version);
  if (!names) {
    names = make(version);
    made.set(version, names);
  }
  return names;
}
