import { compile, type Node } from '@fewbit/python-re';
import { childrenOf } from './pattern/confine.ts';
import { ANYTHING, regex, type NamePattern } from './pattern/name-pattern.ts';
import { scoped } from './pattern/regex-text.ts';

/**
 * Which linear modules GPTQModel and AutoRound look at: those in the numbered blocks of the language model. AutoRound leaves
 * out lists of blocks under these names; GPTQModel's definitions of architectures name the language model's blocks only.
 */
const TOWERS = 'vision|visual|image|img|audio|speech|wav';

const TOWER = new RegExp(TOWERS, 'i');
const NUMBER = /^\d+$/;

/** True for a module inside a numbered block of the language model: `model.layers.0.mlp.up_proj`, as against `lm_head`. */
export function inBlock(module: string): boolean {
  const components = module.split('.');
  const number = components.findIndex((component) => NUMBER.test(component));
  if (number === -1 || number === components.length - 1) return false;
  return !components.slice(0, number).some((component) => TOWER.test(component));
}

/** The module's name inside of its block, `mlp.up_proj`; null outside of blocks. */
export function nameInBlock(module: string): string | null {
  return inBlock(module) ? module.replace(/^.*?(?:^|\.)\d+\./, '') : null;
}

/** Every module that `inBlock` is false for. */
export const OUTSIDE_BLOCKS: readonly NamePattern[] = [
  regex(`(?!(?s:(?:.*\\.)?[0-9]+\\.))${ANYTHING}`, 'full'),
  regex(`(?i:(?:(?![0-9]+\\.)[^.]*\\.)*(?![0-9]+\\.)[^.]*(?:${TOWERS})[^.]*\\.)${ANYTHING}`, 'full'),
];

/** Before a pattern: keeps it off the names that modules have inside of their blocks, where only experts are numbered. */
export const WHOLE_NAME =
  '(?=(?s:(?:.*\\.)?[0-9]+\\.))(?!(?:attn|attention|block_sparse_moe|experts|feed_forward|ff|ffn|mixer|mlp|moe|self_attn)\\.)';

// Nothing inside of a block is called so.
const STEM = /^\^?(?:model|transformer|language_model|layers|gpt_neox|backbone|h)(?:\\?\.|$)/;

/**
 * Modules whose name inside of their block a pattern matches at the start, in patterns for full names. Empty where the
 * pattern then matches the full name as well; null where what the pattern asks about its start cannot be moved.
 */
export function matchingInBlocks(source: string): readonly NamePattern[] | null {
  if (/^(?:\.\*|\.\+)/.test(source) && !source.includes('|')) return [];
  if (source.startsWith(WHOLE_NAME) || (STEM.test(source) && !source.includes('|'))) return [];
  const anchored = source.startsWith('^') && !source.includes('|');
  const body = anchored ? source.slice(1) : source;
  if (asksForStart(compile(body).syntax.root)) return null;
  return [regex(`(?:(?![0-9]+\\.)[^.]*\\.)*[0-9]+\\.${scoped(body)}`, 'match')];
}

function asksForStart(node: Node): boolean {
  if (node.kind === 'look' && node.behind) return true;
  if (node.kind === 'anchor') return ['start', 'lineStart', 'boundary', 'notBoundary'].includes(node.at);
  return childrenOf(node).some(asksForStart);
}
