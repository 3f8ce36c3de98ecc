import type { KeyUse } from '../matcher/key-use.ts';
import { quote } from '../quote.ts';
import type { Decision, Decisions } from './decide.ts';
import type { Finding } from './plan.ts';

// Names in one message: enough to see what they have in common.
const NAMED_TENSORS = 3;

/** What a person should know of a recipe on this checkpoint: keys that do nothing, tensors that torchao leaves as they are. */
export function findingsOf(decisions: Decisions): readonly Finding[] {
  const { recipe, list, uses } = decisions;
  const keys = uses.flatMap((use) => keyFinding(use, decisions));
  const asked = recipe.entries.some(({ config }) => config !== null);
  const nothing: Finding[] =
    asked && list.every(({ quantizer }) => quantizer === null)
      ? [{ id: 'nothing-quantized', severity: 'warning', message: 'the recipe quantizes no tensor of this checkpoint' }]
      : [];
  return [...nothing, ...keys, ...leftAsIs(decisions)];
}

function keyFinding({ key, use, shadowedBy, nearest }: KeyUse, { recipe }: Decisions): Finding[] {
  const warn = (id: string, message: string): Finding[] => [{ id, severity: 'warning', key, message }];
  switch (use) {
    case 'decides':
      return [];
    case 'unmatched': {
      const meant = nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
      return warn('key-matches-nothing', `key ${quote(key)} matches nothing in this checkpoint${meant}`);
    }
    case 'shadowed': {
      const by = shadowedBy.slice(0, NAMED_TENSORS).map((entry) => quote(recipe.entries[entry]?.key ?? ''));
      return warn('key-shadowed', `key ${quote(key)} never decides: ${by.join(', ')} decide(s) wherever it matches`);
    }
    case 'no-weight':
      return warn(
        'key-selects-no-weight',
        `key ${quote(key)} matches only modules that have no "weight" of their own, so it selects nothing; name their parameters`,
      );
    case 'buffer':
      return warn('key-selects-buffer', `key ${quote(key)} matches only buffers, which no key selects`);
  }
}

/** One finding for each key and reason, not for each tensor: a wrong group size concerns thousands. */
function leftAsIs({ recipe, list }: Decisions): readonly Finding[] {
  const groups: Map<string, { decision: Decision; names: string[] }> = new Map();
  for (const decision of list) {
    const { refusal, resolution, parameter } = decision;
    if (refusal?.verdict !== 'leave') continue;
    const identity = JSON.stringify([resolution.entry, refusal.reason]);
    const group = groups.get(identity) ?? { decision, names: [] };
    group.names.push(parameter.name);
    groups.set(identity, group);
  }
  return [...groups.values()].map(({ decision: { resolution, refusal }, names }): Finding => {
    const key = recipe.entries[resolution.entry]?.key ?? '';
    const hint = refusal?.hint === undefined ? '' : `. ${refusal.hint}`;
    const named = names.slice(0, NAMED_TENSORS).join(', ');
    const more = names.length > NAMED_TENSORS ? `, … (${names.length} in all)` : '';
    const message = `key ${quote(key)} leaves ${named}${more} as it is: ${refusal?.reason ?? ''}${hint}`;
    return { id: 'left-as-is', severity: 'warning', key, message };
  });
}
