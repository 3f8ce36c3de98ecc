import { isJsonObject, type JsonObject } from '../json.ts';
import { ALWAYS_TIED, FOLLOWS_PART, TIED_BY_DEFAULT } from './tied-families.ts';
import { HEADS, PARTS } from './tied-heads.ts';

/** Two names of one tensor: a model that ties them multiplies by its token embeddings to get its output. */
export interface TiedEmbeddings {
  /** Name of the token embeddings' weight. */
  readonly input: string;
  /** Name of the output head's weight. */
  readonly output: string;
  /** Which of the two the checkpoint holds. */
  readonly stored: 'input' | 'output' | 'both';
}

/**
 * The pair of tensors that a model ties, as transformers 5 decides it; null when it ties none, or none of known names.
 *
 * `tie_word_embeddings` decides; where `config.json` does not have it, what its model type means by that; where the model type
 * is unknown too, or there is no config, whether a head is stored. A model with another purpose (`architectures`) has no head.
 *
 * With `stored: 'both'` the config says that they are tied, and nothing but their bytes says whether they are equal:
 * transformers then ties equal tensors and keeps different ones apart.
 *
 * @param config - The checkpoint's `config.json`; null when there is none.
 * @param tensorNames - The names of all the checkpoint's tensors.
 */
export function tiedEmbeddings(config: JsonObject | null, tensorNames: Iterable<string>): TiedEmbeddings | null {
  const modelType = textMember(config, 'model_type');
  if (!hasHead(config)) return null;
  const names = lookUp(tensorNames);
  const pair = findPair(names, modelType);
  if (pair === null) return null;
  if (!names.has(pair.output)) {
    const untied = saysTied(config) === false && !(modelType !== null && ALWAYS_TIED.has(modelType));
    return untied ? null : { ...pair, stored: 'input' };
  }
  const tied = saysTied(config) ?? (modelType !== null && TIED_BY_DEFAULT.has(modelType));
  return tied ? { ...pair, stored: names.has(pair.input) ? 'both' : 'output' } : null;
}

/** Names of a model's token embeddings and of its output head. */
export type EmbeddingNames = Pick<TiedEmbeddings, 'input' | 'output'>;

/**
 * The names under which a model has its token embeddings and its output head, tied or not, stored or not; null when they have
 * none of the known names, or when the model has another purpose (`architectures`).
 *
 * @param config - The checkpoint's `config.json`; null when there is none.
 * @param tensorNames - The names of all the checkpoint's tensors.
 */
export function embeddingNames(config: JsonObject | null, tensorNames: Iterable<string>): EmbeddingNames | null {
  return hasHead(config) ? findPair(lookUp(tensorNames), textMember(config, 'model_type')) : null;
}

/** What a config says; null when it leaves it to the model type, or to what is stored. */
function saysTied(config: JsonObject | null): boolean | null {
  if (config === null) return null;
  const modelType = textMember(config, 'model_type');
  const own = ownTie(config, modelType);
  const part = modelType === null ? undefined : FOLLOWS_PART.get(modelType);
  const inner = part !== undefined && Object.hasOwn(config, part) ? config[part] : undefined;
  if (own === true || !isJsonObject(inner)) return own;
  const innerType = textMember(inner, 'model_type');
  const innerTie = ownTie(inner, innerType) ?? (innerType === null ? null : TIED_BY_DEFAULT.has(innerType));
  return innerTie ?? own;
}

function ownTie(config: JsonObject, modelType: string | null): boolean | null {
  // The first LFM2 checkpoints have a name of their own for it.
  const names =
    modelType?.startsWith('lfm2') === true ? ['tie_embedding', 'tie_word_embeddings'] : ['tie_word_embeddings'];
  for (const name of names) {
    const value = Object.hasOwn(config, name) ? config[name] : undefined;
    if (typeof value === 'boolean') return value;
  }
  return null;
}

// A class that reads sentences, tokens or images has its own small head. `GPT2LMHeadModel` and its like do speak.
function hasHead(config: JsonObject | null): boolean {
  const architectures = config !== null && Object.hasOwn(config, 'architectures') ? config.architectures : null;
  if (!Array.isArray(architectures)) return true;
  const [first] = architectures as readonly unknown[];
  if (typeof first !== 'string') return true;
  return !/For[A-Z]\w*Classification$|ForQuestionAnswering$|ForMultipleChoice$/u.test(first);
}

/** A checkpoint's names, as far as HEADS ask about them. */
interface Names {
  readonly all: readonly string[];
  /** Only for names that HEADS can make. */
  readonly has: (name: string) => boolean;
}

/** Hashes the few names that are no longer than any that is asked about: a large checkpoint's experts have longer ones. */
function lookUp(tensorNames: Iterable<string>): Names {
  const all = [...tensorNames];
  const short = new Set(all.filter(({ length }) => length <= LONGEST_NAME));
  return { all, has: (name) => short.has(name) };
}

const LONGEST_NAME: number = /* @__PURE__ */ longestName();

function longestName(): number {
  const ends = HEADS.flatMap(({ input, output, beside = '' }) => [input.length, output.length, beside.length]);
  return Math.max(...ends) + Math.max(...PARTS.map(({ length }) => length));
}

function findPair(names: Names, modelType: string | null): EmbeddingNames | null {
  const heads = HEADS.filter(
    ({ families }) => families === undefined || (modelType !== null && families.includes(modelType)),
  );
  let tables: readonly string[] | null = null;
  for (const { input: wanted, output, beside } of heads) {
    for (const part of PARTS) {
      const hasOutput = names.has(part + output);
      if (beside !== undefined && !hasOutput && !names.has(part + beside)) continue;
      const input = wanted.startsWith('*.')
        ? (tables ??= names.all.filter(isTable)).find((name) => endsLike(name, part, wanted))
        : [part + wanted].find((name) => names.has(name));
      if (input !== undefined) return { input, output: part + output };
    }
  }
  for (const { input, output, layers } of heads) {
    if (layers !== undefined && names.has(output) && names.all.some((name) => name.startsWith(layers)))
      return { input, output };
  }
  return null;
}

/** The modules that HEADS name as inputs: nearly all other tensors need no second look. */
const TABLES: ReadonlySet<string> = /* @__PURE__ */ lastModulesOfInputs();

function isTable(name: string): boolean {
  return TABLES.has(lastModuleOf(name));
}

function lastModulesOfInputs(): ReadonlySet<string> {
  return new Set(HEADS.map(({ input }) => lastModuleOf(input)));
}

function lastModuleOf(name: string): string {
  const end = name.lastIndexOf('.');
  return end === -1 ? '' : name.slice(name.lastIndexOf('.', end - 1) + 1, end);
}

/** Whether a name is the part's, then any one component, then what `wanted` has after its star. */
function endsLike(name: string, part: string, wanted: string): boolean {
  if (!name.startsWith(part)) return false;
  const dot = name.indexOf('.', part.length);
  return dot > part.length && name.slice(dot) === wanted.slice(1);
}

function textMember(object: JsonObject | null, name: string): string | null {
  const value = object !== null && Object.hasOwn(object, name) ? object[name] : null;
  return typeof value === 'string' ? value : null;
}
