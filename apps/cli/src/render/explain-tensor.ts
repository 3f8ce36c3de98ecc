import { byteLength, TIER_WORDS, type TensorDetail } from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import type { Style } from './style.ts';
import { printable } from './table.ts';
import { countText } from './count.ts';

/** One tensor in full, line by line: what it is, what decides, what it becomes, and every key that lost. */
export function tensorText({ tensor, components }: TensorDetail, style: Style): string {
  const { name, dtype, shape, module, kind, key, tier, config, summary, reason, because, refused } = tensor;
  const line = (label: string, text: string): string => `  ${style.dim(label.padEnd(9))} ${printable(text)}`;
  const becomes =
    config === null ? (refused ? 'REFUSED' : 'stays as it is') : `${config}${summary === null ? '' : `: ${summary}`}`;
  const bits = tensor.bitsAfter === null ? '' : `, ${tensor.bitsAfter.toFixed(2)} bits per weight`;
  const after = tensor.bytesAfter === null ? '–' : `${bytesText(tensor.bytesAfter)}${bits}`;
  return [
    style.bold(printable(name)),
    line('is', `${dtype} [${shape.join(', ')}], ${countText(tensor.elements)} weights`),
    line('module', `${module === '' ? '(the root)' : module}, kind ${kind}`),
    line('decided', key === null ? TIER_WORDS[tier] : `${key}  (${TIER_WORDS[tier]})`),
    ...(because === null ? [] : [line('rule', because)]),
    line('becomes', becomes),
    ...(reason === null ? [] : [line('because', reason)]),
    ...(tensor.tensorClass === null ? [] : [line('class', tensor.tensorClass)]),
    ...components.map((one) =>
      line('', `${one.name}: ${one.dtype} [${one.shape.join(', ')}], ${bytesText(byteLength(one))}`),
    ),
    line('size', `${bytesText(tensor.bytesBefore)} → ${after}`),
    ...(tensor.lost.length === 0 ? [line('lost', 'no other key matches')] : []),
    ...tensor.lost.map((lost) => line('lost', `${lost.key}  (${TIER_WORDS[lost.tier]}): ${lost.why}`)),
    '',
  ].join('\n');
}
