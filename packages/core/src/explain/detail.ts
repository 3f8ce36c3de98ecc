import type { ComponentSpec } from '../contracts/config-type.ts';
import { FewbitError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { Decisions } from '../plan/decide.ts';
import { quote } from '../quote.ts';
import type { ExplainedTensor } from './explain.ts';

/** One tensor in full. */
export interface TensorDetail {
  readonly tensor: ExplainedTensor;
  /** What it is stored as after: `qdata`, `scale`, …; empty when it is not quantized. */
  readonly components: readonly ComponentSpec[];
}

/**
 * The row of one tensor, and the tensors that it becomes.
 *
 * @param rows Of the same decisions.
 * @throws FewbitError (`FEWBIT_SELECTION_INVALID`) when no tensor has that name.
 */
export function detailOf(rows: readonly ExplainedTensor[], decisions: Decisions, name: string): TensorDetail {
  const at = rows.findIndex((row) => row.name === name);
  const tensor = rows[at];
  if (tensor === undefined) {
    const near = nearestName(
      name,
      rows.map((row) => row.name),
    );
    throw new FewbitError('FEWBIT_SELECTION_INVALID', {
      message: `the checkpoint has no tensor ${quote(name)}`,
      ...(near === null ? {} : { hint: `Did you mean ${quote(near)}?` }),
    });
  }
  const entry = decisions.recipe.entries.findIndex(({ key }) => key === tensor.key);
  const parameter = decisions.list[at]?.parameter;
  const quantizer =
    tensor.config === null || parameter === undefined ? null : decisions.ask(entry, parameter).quantizer;
  return { tensor, components: quantizer?.components ?? [] };
}
