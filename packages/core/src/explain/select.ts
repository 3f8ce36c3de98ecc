import { FewbitError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { quote } from '../quote.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { ExplainedTensor } from './explain.ts';
import type { TensorGroup } from './group.ts';

/** Which tensors to look at. */
export interface TensorSelection {
  readonly name?: ((name: string) => boolean) | null;
  /** `plain`: copied as they are, whatever the reason. */
  readonly only?: TensorState | null;
  /** Those that this key decides. */
  readonly key?: string | null;
}

export const TENSOR_STATES = ['quantized', 'plain', 'refused'] as const;
export type TensorState = (typeof TENSOR_STATES)[number];

export function selectTensors(
  rows: readonly ExplainedTensor[],
  { name = null, only = null, key = null }: TensorSelection,
): readonly ExplainedTensor[] {
  if (name === null && only === null && key === null) return rows;
  return rows.filter(
    (row) =>
      (key === null || row.key === key) &&
      (only === null || stateOf(row) === only) &&
      (name === null || name(row.name)),
  );
}

function stateOf({ config, refused }: ExplainedTensor): TensorState {
  if (refused) return 'refused';
  return config === null ? 'plain' : 'quantized';
}

/** @throws FewbitError (`FEWBIT_SELECTION_INVALID`) for a key that the recipe does not have. */
export function checkSelectedKey({ entries }: Recipe, key: string): void {
  const keys = entries.map((entry) => entry.key);
  if (keys.includes(key)) return;
  const near = nearestName(key, keys);
  throw new FewbitError('FEWBIT_SELECTION_INVALID', {
    message: `the recipe has no key ${quote(key)}`,
    ...(near === null ? {} : { hint: `Did you mean ${quote(near)}?` }),
  });
}

export const GROUP_ORDERS = ['name', 'bytes', 'saved', 'key', 'config'] as const;
/**
 * `name`: ascending, numbers by value. `bytes`: the largest first. `saved`: what loses most bytes first. `key`, `config`:
 * ascending, those without one last.
 */
export type GroupOrder = (typeof GROUP_ORDERS)[number];

/** In another order than the checkpoint's; of equals the first comes first. */
export function sortGroups(groups: readonly TensorGroup[], order: GroupOrder): readonly TensorGroup[] {
  return groups.toSorted(COMPARE[order]());
}

type Compare = (left: TensorGroup, right: TensorGroup) => number;

const COMPARE: Readonly<Record<GroupOrder, () => Compare>> = {
  name: () => {
    // One language, whatever that of the machine.
    const { compare } = new Intl.Collator('en', { numeric: true });
    return (left, right) => compare(left.example.name, right.example.name);
  },
  bytes: () => (left, right) => right.bytesBefore - left.bytesBefore,
  saved: () => (left, right) => savedBy(right) - savedBy(left),
  key: () => (left, right) => textOrder(left.keys[0]?.key, right.keys[0]?.key),
  config: () => (left, right) =>
    textOrder(left.example.config, right.example.config) || textOrder(left.example.summary, right.example.summary),
};

function savedBy({ bytesBefore, bytesAfter }: TensorGroup): number {
  return bytesAfter === null ? 0 : bytesBefore - bytesAfter;
}

function textOrder(left: string | null | undefined, right: string | null | undefined): number {
  if (left === right) return 0;
  if (left === null || left === undefined) return 1;
  if (right === null || right === undefined) return -1;
  return left < right ? -1 : 1;
}
