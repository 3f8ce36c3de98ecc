import type { TensorDetail } from '@fewbit/core';

/** One tensor as docs/json.md describes it; with its components where they were asked for. */
export function explainedJson({
  tensor,
  components,
}: Omit<TensorDetail, 'components'> & Partial<TensorDetail>): unknown {
  const { because } = tensor;
  // A row refers to what it shares with others, which copying it would pass over.
  return {
    name: tensor.name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    module: tensor.module,
    kind: tensor.kind,
    tier: tensor.tier,
    key: tensor.key,
    outcome: tensor.outcome,
    config: tensor.config,
    summary: tensor.summary,
    tensorClass: tensor.tensorClass,
    elements: tensor.elements,
    bytesBefore: tensor.bytesBefore,
    bytesAfter: tensor.bytesAfter,
    bitsAfter: tensor.bitsAfter,
    reason: tensor.reason,
    refused: tensor.refused,
    ...(because === null ? {} : { because }),
    ...(components === undefined ? {} : { components }),
    lost: tensor.lost,
  };
}
