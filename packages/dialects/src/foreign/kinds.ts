import type { WriteOptions } from './contract.ts';
import type { Findings } from './problems.ts';
import type { RuleList } from './rules.ts';

/**
 * A pattern does not ask what kind of module it meets, and the systems that it comes from do.
 *
 * @param reached What patterns reach in the system that is written: `norms and embeddings`.
 */
export function noteKinds(
  { rules, namesOnly }: RuleList,
  reached: string,
  { parameters }: WriteOptions,
  findings: Findings,
): void {
  if (parameters !== undefined || namesOnly === true) return;
  if (!rules.some(({ pattern, scheme }) => scheme !== null && pattern.form === 'regex')) return;
  const message = `patterns of a recipe also reach ${reached}, which the source may leave alone; whether they match any is unknown without the checkpoint`;
  findings.add('loss', 'kind-unchecked', message);
}
