import type { WriteOptions } from './contract.ts';
import type { Findings } from './findings.ts';
import type { NamePattern } from './pattern/name-pattern.ts';
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
  if (!rules.some(({ pattern, scheme }) => scheme !== null && (pattern.form === 'regex' || isSuspect(pattern)))) return;
  const message = `keys of a recipe also reach ${reached}, which the source may leave alone; whether they match any is unknown without the checkpoint`;
  findings.add('loss', 'kind-unchecked', message);
}

// A full name says nothing but itself, and these are hardly linear modules.
function isSuspect(pattern: NamePattern): boolean {
  return pattern.form === 'exact' && /(?:norm|embed_tokens|embeddings?|wte|wpe|ln_\w+)$/.test(pattern.module);
}
