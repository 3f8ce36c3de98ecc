import type { ModuleKind } from '../modules/kind.ts';
import type { MatchedParameter } from './matcher.ts';

/** Parameters that stand side by side and whose modules have one parent. */
export interface Siblings {
  /** What the names of all begin with: the parent's name and a dot; '' where the modules have no parent. */
  readonly front: string;
  /** Index of the first; the others follow. */
  readonly first: number;
  readonly family: Family;
}

/** What siblings are but for what their names begin with: one object for all that are alike in it, as a model's experts are. */
export interface Family {
  readonly members: readonly Member[];
  /** False where a name goes on with a newline, which patterns may read in another way. */
  readonly plain: boolean;
}

export interface Member {
  /** The module's name without the front. */
  readonly own: string;
  /** The parameter's name without the front. */
  readonly rest: string;
  readonly parameter: string;
  readonly kind: ModuleKind;
}

/**
 * Gathers a model's parameters by the parents of their modules. A model of 92,000 tensors has 15,000 such parents and some
 * twenty families: what depends on the family alone is asked once, and what depends on the front once for each parent.
 *
 * @returns All parameters, each once, in their order.
 */
export function gatherSiblings(parameters: readonly MatchedParameter[]): readonly Siblings[] {
  const root: Path = newPath(null, null);
  const all: Siblings[] = [];
  let front = '';
  let first = 0;
  let path = root;
  const close = (end: number): void => {
    if (end > first) all.push({ front, first, family: familyOf(path) });
    first = end;
    path = root;
  };
  parameters.forEach((parameter, index) => {
    const { name, module } = parameter;
    if (!goesOn(path.latest, parameter, front)) {
      const length = module.lastIndexOf('.') + 1;
      if (length !== front.length || !module.startsWith(front) || !name.startsWith(front)) {
        close(index);
        front = module.slice(0, length);
        // Whoever makes parameters by hand may call them anything.
        if (!name.startsWith(front)) front = '';
      }
      if (!goesOn(path.latest, parameter, front)) path.latest = nextPath(path, parameter, front);
    }
    path = path.latest;
  });
  close(parameters.length);
  return all;
}

/** The members of a family up to one of them: families that begin alike share it. */
interface Path {
  readonly before: Path | null;
  readonly member: Member | null;
  /** By the rest of the next name. */
  readonly next: Map<string, Path[]>;
  /** The one that was taken last, which is nearly always the next one to be taken. */
  latest: Path | null;
  family: Family | null;
}

function newPath(before: Path | null, member: Member | null): Path {
  return { before, member, next: new Map(), latest: null, family: null };
}

function goesOn(path: Path | null, { name, module, parameter, kind }: MatchedParameter, front: string): path is Path {
  const member = path?.member;
  if (member === null || member === undefined) return false;
  const { own, rest } = member;
  return (
    module.length === front.length + own.length &&
    name.length === front.length + rest.length &&
    parameter === member.parameter &&
    kind === member.kind &&
    name.endsWith(rest) &&
    module.endsWith(own) &&
    name.startsWith(front) &&
    module.startsWith(front)
  );
}

function nextPath(path: Path, { name, module, parameter, kind }: MatchedParameter, front: string): Path {
  const own = module.slice(front.length);
  const rest = name.slice(front.length);
  let known = path.next.get(rest);
  if (known === undefined) path.next.set(rest, (known = []));
  for (const one of known) {
    const { member } = one;
    if (member?.own === own && member.parameter === parameter && member.kind === kind) return one;
  }
  const made = newPath(path, { own, rest, parameter, kind });
  known.push(made);
  return made;
}

function familyOf(path: Path): Family {
  if (path.family !== null) return path.family;
  const members: Member[] = [];
  for (let at: Path | null = path; at?.member; at = at.before) members.push(at.member);
  members.reverse();
  const plain = members.every(({ own, rest }) => !own.includes('\n') && !rest.includes('\n'));
  return (path.family = { members, plain });
}
