import type { Matcher } from './matcher.ts';
import type { Family, Siblings } from './siblings.ts';

// By then it shows whether siblings share their answers; where every expert has a key of its own, they do not.
const TRIED = 1_000;
const WORTH = 0.25;

/**
 * Remembers answers that depend only on the names of some siblings and on what the keys of one matcher say to them: siblings of
 * one family get one answer where the matcher says the same after their fronts.
 */
export function rememberFamilies<Answer>(
  matcher: Pick<Matcher, 'classAfter'>,
): (siblings: Siblings, ask: () => Answer) => Answer {
  const known: Map<Family, Map<number, Answer>> = new Map();
  let tried = 0;
  let remembered = 0;
  return ({ front, family }, ask) => {
    if (!family.plain || (tried >= TRIED && remembered < WORTH * tried)) return ask();
    tried += 1;
    const after = matcher.classAfter(front);
    if (after === -1) return ask();
    let answers = known.get(family);
    if (answers === undefined) known.set(family, (answers = new Map<number, Answer>()));
    let answer = answers.get(after);
    if (answer === undefined) answers.set(after, (answer = ask()));
    else remembered += 1;
    return answer;
  };
}
