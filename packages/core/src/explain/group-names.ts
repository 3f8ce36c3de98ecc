import { createTemplates, patternsOf, type NameNumbers } from './name-patterns.ts';

/** Names of one fate that differ only in the numbers inside them. */
export interface AlikeNames {
  /** `model.layers.{0-2,4}.mlp.up_proj.weight`: each of the numbers with each. */
  readonly pattern: string;
  /** How many names the pattern stands for: more than `members` where the numbers do not combine freely. */
  readonly names: number;
  /** Places in the list given, ascending. */
  readonly members: readonly number[];
}

/**
 * Groups names that are alike but for numbers and come to the same, in order of first appearance.
 *
 * @param fateOf - Equal for names at two places that may be one group.
 */
export function groupNames(
  names: readonly string[],
  fateOf: (place: number) => string | number,
): readonly AlikeNames[] {
  const templates = createTemplates(() => new Map<string | number, Members>());
  for (const [place, name] of names.entries()) {
    const fates = templates.of(name);
    const fate = fateOf(place);
    const members = fates.get(fate) ?? { list: [], places: templates.numbers.length, numbers: [], count: 0 };
    fates.set(fate, members);
    members.list.push(place);
    members.count += 1;
    for (const number of templates.numbers) members.numbers.push(number);
  }
  return Array.from(templates.all, ([template, fates]) =>
    Array.from(fates.values(), (members) =>
      patternsOf(template, members).map(({ pattern, names: stands, members: some }): AlikeNames => ({
        pattern,
        names: stands,
        members: some === null ? members.list : some.map((at) => members.list[at] ?? -1),
      })),
    ).flat(),
  ).flat();
}

interface Members extends NameNumbers {
  readonly list: number[];
}
