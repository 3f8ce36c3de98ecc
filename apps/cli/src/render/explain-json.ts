import type { TensorDetail } from '@fewbit/core';

/** One tensor as docs/json.md describes it; with its components where they were asked for. */
export function explainedJson({
  tensor,
  components,
}: Omit<TensorDetail, 'components'> & Partial<TensorDetail>): unknown {
  const { because, lost, ...fields } = tensor;
  // `lost` is a getter of the row, which copying passes over.
  return {
    ...fields,
    ...(because === null ? {} : { because }),
    ...(components === undefined ? {} : { components }),
    lost,
  };
}
