import type { WriteOptions, WrittenRecipe } from '../contract.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { adaptRules, firstMatch, reachable, type RuleList } from '../rules.ts';
import type { Scheme } from '../scheme/scheme.ts';
import { BLOCKS } from './blocks.ts';
import { ggufName, isQuantizable, NAME_PAIRS } from './names.ts';
import { adaptToGgml, typeOfScheme } from './types.ts';

/** A module that a tensor of GGUF is made of. */
interface Candidate {
  readonly module: string;
  readonly gguf: string;
  readonly linear: boolean;
}

/** Writes a line for every tensor that GGUF may have, so that the type of the command line decides about none of them. */
export function writeLlamaCpp(list: RuleList, options: WriteOptions = {}): WrittenRecipe {
  const findings = gatherFindings();
  const { rules, fallback } = adaptRules(reachable(list), adaptToGgml, findings);
  const first = firstMatch(rules);
  const schemeOf = ({ module, linear }: Candidate): Scheme | null => {
    const rule = rules[first(module)];
    return rule === undefined ? (linear ? (fallback?.scheme ?? null) : null) : rule.scheme;
  };
  const types: Map<string, string> = new Map();
  for (const candidate of candidatesOf(options, findings)) {
    const type = typeOfScheme(schemeOf(candidate));
    const before = types.get(candidate.gguf);
    if (before === undefined) types.set(candidate.gguf, type);
    else if (before !== type) {
      const message = `${candidate.gguf} is one tensor in GGUF, and its parts get different types; it gets ${before}`;
      findings.add('loss', 'parts-differ', message);
    }
  }
  findings.add('note', 'quantized-base', ASKED_ONLY);
  return { text: linesOf(types), findings: findings.list };
}

const ASKED_ONLY =
  'llama-quantize asks patterns only where the type of its command line is a quantized one: with F16, BF16 or F32 it ignores them';

function candidatesOf({ parameters }: WriteOptions, findings: Findings): readonly Candidate[] {
  if (parameters === undefined) {
    const message = `names are taken to be those of Llama and its like (model.layers.0.self_attn.q_proj), in up to ${BLOCKS} blocks`;
    findings.add('note', 'names-assumed', message);
    return assumed();
  }
  return parameters.flatMap(({ module, parameter, kind, shape }): Candidate[] => {
    if (parameter !== 'weight' || shape.length < 2) return [];
    const gguf = ggufName(module);
    if (gguf !== null) return isQuantizable(gguf) ? [{ module, gguf, linear: kind === 'linear' }] : [];
    findings.add('loss', 'name-unknown', `what GGUF calls ${module} is not known here`);
    return [];
  });
}

// Of experts a few, of blocks all: a recipe that tells experts apart cannot be written anyway.
const EXPERTS: readonly number[] = [0, 1, 2, 7, 15, 63, 127];

function assumed(): readonly Candidate[] {
  return NAME_PAIRS.flatMap(({ gguf, module }): Candidate[] => {
    if (!isQuantizable(gguf)) return [];
    const linear = gguf !== 'token_embd';
    if (module === 'model.embed_tokens' || module === 'lm_head') return [{ gguf, module, linear }];
    if (!LLAMA_PARTS.test(module)) return [];
    return Array.from({ length: BLOCKS }, (_, block) => block).flatMap((block) => {
      const named = { gguf: gguf.replace('#', String(block)), module: module.replace('#', String(block)), linear };
      if (!named.module.includes('#')) return [named];
      return EXPERTS.map((expert) => ({ ...named, module: named.module.replace('#', String(expert)) }));
    });
  });
}

const LLAMA_PARTS =
  /^model\.layers\.#\.(?:self_attn\.[qkvo]_proj|mlp\.(?:gate|up|down)_proj|mlp\.experts\.#\.(?:gate|up|down)_proj)$/;

function linesOf(types: ReadonlyMap<string, string>): string {
  const groups: Map<string, { readonly template: string; readonly type: string; readonly blocks: number[] }> =
    new Map();
  for (const [gguf, type] of types) {
    const block = /^blk\.(\d+)\./.exec(gguf)?.[1];
    const template = gguf.replace(/^blk\.\d+\./, 'blk.#.');
    const key = `${template} ${type}`;
    const group = groups.get(key) ?? { template, type, blocks: [] };
    if (block !== undefined) group.blocks.push(Number(block));
    groups.set(key, group);
  }
  const shared = (template: string): boolean =>
    [...groups.values()].filter((group) => group.template === template).length > 1;
  return [...groups.values()]
    .map(({ template, type, blocks }) => {
      // Where all blocks agree, the number does not matter.
      const number = shared(template) ? `(${blocks.join('|')})` : '[0-9]+';
      const name = template.replaceAll('.', '\\.').replace('#', number);
      return `^${name}\\.weight$=${type}\n`;
    })
    .join('');
}
