import type { Decisions } from '../plan/decide.ts';
import type { Finding } from '../plan/plan.ts';
import { quote } from '../quote.ts';

const EXPERT = /\.experts\.\d+\./;

/** transformers 5 stacks experts into one parameter, and passes over quantized ones that a file has one by one. */
export function expertFindings({ list }: Decisions): readonly Finding[] {
  const experts = list.filter(({ quantizer, parameter }) => quantizer !== null && EXPERT.test(parameter.name));
  const [first] = experts;
  if (first === undefined) return [];
  const message = `${experts.length} tensors of single experts are quantized, such as ${quote(first.parameter.name)}: transformers 5 loads such a checkpoint without an error and leaves those experts random. Loaders that keep experts apart read it rightly`;
  return [{ id: 'experts-not-loaded-by-transformers', severity: 'warning', message }];
}
