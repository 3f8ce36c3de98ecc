import type { ParameterInfo } from '../tensor.ts';

// A model's layers repeat a handful of shapes in turn.
const REMEMBERED_ANSWERS = 16;

/**
 * Asks once for parameters that look the same: equal in dtype, shape, kind and own name, which is all that a config may look
 * at. Remembers the last few looks only.
 */
export function onceForEachLook<Answer>(
  ask: (parameter: ParameterInfo) => Answer,
): (parameter: ParameterInfo) => Answer {
  const recent: { readonly parameter: ParameterInfo; readonly answer: Answer }[] = [];
  return (parameter) => {
    for (const known of recent) if (looksTheSame(known.parameter, parameter)) return known.answer;
    const answer = ask(parameter);
    recent.unshift({ parameter, answer });
    recent.length = Math.min(recent.length, REMEMBERED_ANSWERS);
    return answer;
  };
}

/** Equal in all that a config may look at. */
export function looksTheSame(left: ParameterInfo, right: ParameterInfo): boolean {
  return (
    left.dtype === right.dtype &&
    left.kind === right.kind &&
    left.parameter === right.parameter &&
    (left.shape === right.shape ||
      (left.shape.length === right.shape.length && left.shape.every((extent, axis) => extent === right.shape[axis])))
  );
}
