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
  /** False where a name goes on with a newline, which patterns may read in another way, or is not made of its module's. */
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
 * A name is taken for its module's and the parameter's own, joined by a dot, where its length fits: reading them all would cost
 * as much as the rest.
 *
 * @returns All parameters, each once, in their order.
 */
export function gatherSiblings(parameters: readonly MatchedParameter[]): readonly Siblings[] {
  const root: Path = newPath(null, null, true);
  const all: Siblings[] = [];
  let front = '';
  let first = 0;
  let path = root;
  let last: string | null = null;
  for (const [index, parameter] of parameters.entries()) {
    const { module } = parameter;
    // Neighbours share the string of their module, and then it has been compared with the front already.
    if (module !== last && !isBelow(module, front, path.latest)) {
      const length = module.lastIndexOf('.') + 1;
      if (length !== front.length || !module.startsWith(front)) {
        if (index > first) all.push({ front, first, family: familyOf(path) });
        front = module.slice(0, length);
        first = index;
        path = root;
      }
    }
    last = module;
    if (!isNamed(parameter)) {
      // Whoever makes parameters by hand may call them anything.
      if (index > first) all.push({ front, first, family: familyOf(path) });
      all.push({ front: '', first: index, family: familyOf(oddPath(root, parameter)) });
      first = index + 1;
      path = root;
      continue;
    }
    if (!goesOn(path.latest, parameter, front)) path.latest = nextPath(path, parameter, front);
    path = path.latest;
  }
  if (parameters.length > first) all.push({ front, first, family: familyOf(path) });
  return all;
}

/** The members of a family up to one of them: families that begin alike share it. */
interface Path {
  readonly before: Path | null;
  readonly member: Member | null;
  readonly plain: boolean;
  /** By the rest of the next name. */
  readonly next: Map<string, Path[]>;
  /** The one that was taken last, which is nearly always the next one to be taken. */
  latest: Path | null;
  family: Family | null;
}

function newPath(before: Path | null, member: Member | null, plain: boolean): Path {
  return { before, member, plain, next: new Map(), latest: null, family: null };
}

/** Whether the module is the one that is expected below the front. */
function isBelow(module: string, front: string, expected: Path | null): boolean {
  const own = expected?.member?.own;
  return (
    own !== undefined && module.length === front.length + own.length && module.endsWith(own) && module.startsWith(front)
  );
}

/** Whether the name is the module's and the parameter's own, joined by a dot, as far as is told without reading it. */
function isNamed({ name, module, parameter }: MatchedParameter): boolean {
  return name.length === (module === '' ? parameter.length : module.length + 1 + parameter.length);
}

/** Of a named parameter below the front. */
function goesOn(path: Path | null, { name, module, parameter, kind }: MatchedParameter, front: string): path is Path {
  const member = path?.member;
  if (member === null || member === undefined) return false;
  const { own, rest } = member;
  return (
    kind === member.kind &&
    name.length === front.length + rest.length &&
    module.length === front.length + own.length &&
    parameter === member.parameter &&
    module.endsWith(own)
  );
}

function oddPath(root: Path, { name, module, parameter, kind }: MatchedParameter): Path {
  return newPath(root, { own: module, rest: name, parameter, kind }, false);
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
  const made = newPath(path, { own, rest, parameter, kind }, path.plain && !rest.includes('\n'));
  known.push(made);
  return made;
}

function familyOf(path: Path): Family {
  if (path.family !== null) return path.family;
  const members: Member[] = [];
  for (let at: Path | null = path; at?.member; at = at.before) members.push(at.member);
  members.reverse();
  const { plain } = path;
  return (path.family = { members, plain });
}
