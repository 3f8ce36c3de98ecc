import type { Checkpoint, CheckpointAdapter } from '../contracts/checkpoint.ts';
import type { Dtype } from '../dtype.ts';
import { InvalidCheckpointError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { deriveParameters } from '../modules/derive.ts';
import type { ModuleTable } from '../modules/table.ts';
import { tiedEmbeddings } from '../modules/tied.ts';
import { decide, type Decisions } from '../plan/decide.ts';
import { planDecisions } from '../plan/make-plan.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { sortRecipe, survivesSorting } from '../recipe/sort.ts';
import type { ParameterInfo, StoredTensor } from '../tensor.ts';
import { expertFindings } from './expert-findings.ts';
import { formatQuantizedConfig } from './quantized-config.ts';
import { settleTiedEmbeddings, untie } from './tied-embeddings.ts';

/** A checkpoint with the `config.json` beside it, as a folder from the hub holds them. */
export interface Model extends Pick<Checkpoint, 'shards' | 'tensors' | 'metadata'> {
  /** Null when there is none. */
  readonly config: JsonObject | null;
  /** The same as text. */
  readonly configText: string | null;
}

export interface ModelPlanOptions {
  readonly recipe: Recipe;
  readonly adapter: CheckpointAdapter;
  /** Default 5 GB. */
  readonly maxShardBytes?: number;
  /** Write tied embeddings as two tensors. Default false. */
  readonly untie?: boolean;
  /** Default: the names that real families use. */
  readonly table?: ModuleTable;
}

export interface ModelPlan {
  readonly plan: Plan;
  readonly decisions: Decisions<ParameterInfo & StoredTensor>;
  /** The plan's own and those about `config.json`. */
  readonly findings: readonly Finding[];
}

/**
 * Plans a checkpoint that `from_pretrained` loads: tensors, shards, index and a `config.json` with a
 * `quantization_config`. Where the recipe quantizes nothing, `config.json` stays as it is.
 *
 * @throws InvalidCheckpointError when the checkpoint is quantized already.
 * @throws OutputRefusedError when the model ties embeddings that the recipe quantizes, and `untie` is off.
 * @throws whatever `planQuantization` throws.
 */
export function planModel(model: Model, options: ModelPlanOptions): ModelPlan {
  const { recipe } = options;
  refuseQuantizedInput(model);
  const pair = tiedEmbeddings(
    model.config,
    model.tensors.map(({ name }) => name),
  );
  const untied = options.untie === true;
  const parameters = parametersOf(model, untied ? untie(model.tensors, pair) : model.tensors, options.table);
  const decisions = decide(parameters, recipe);
  const quantizes = decisions.list.some(({ quantizer }) => quantizer !== null);
  const tied = settleTiedEmbeddings(decisions, pair, untied);
  const written = recipeToWrite(recipe, parameters);
  const configText = quantizes || tied.tieWordEmbeddings !== null ? newConfig() : model.configText;
  const head = new TextEncoder().encode(configText ?? '');
  const plan = planDecisions(decisions, {
    inputs: model.shards.map(({ name, source }) => ({ name, byteLength: source.byteLength })),
    adapter: options.adapter,
    ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }),
    extraFiles: configText === null ? [] : [{ name: 'config.json', byteLength: head.length, head }],
  });
  const findings = [...plan.findings, ...tied.findings, ...(quantizes ? written.findings : [])];
  if (quantizes && model.config === null) findings.push(NO_CONFIG);
  findings.push(...expertFindings(decisions));
  return { plan, decisions, findings };

  function newConfig(): string | null {
    if (model.config === null) return null;
    const { tieWordEmbeddings } = tied;
    const weightDtype = weightDtypeOf(decisions);
    return formatQuantizedConfig(model.config, {
      recipe: quantizes ? written.recipe : null,
      weightDtype,
      tieWordEmbeddings,
    });
  }
}

/** The checkpoint's tensors as parameters of modules, by the names of its `model_type`. */
export function parametersOf<T extends StoredTensor>(
  { config }: Pick<Model, 'config'>,
  tensors: readonly T[],
  table?: ModuleTable,
): readonly (T & ParameterInfo)[] {
  const type = config !== null && Object.hasOwn(config, 'model_type') ? config.model_type : null;
  return deriveParameters(tensors, {
    modelType: typeof type === 'string' ? type : null,
    ...(table === undefined ? {} : { table }),
  });
}

const NO_CONFIG: Finding = {
  id: 'no-config',
  severity: 'note',
  message: 'the input has no config.json, so nothing tells transformers how to load the output',
};

/** transformers sorts a recipe's keys when it saves: written sorted where that changes nothing, with a warning where it does. */
function recipeToWrite(
  recipe: Recipe,
  parameters: readonly ParameterInfo[],
): { readonly recipe: Recipe; readonly findings: readonly Finding[] } {
  if (survivesSorting(recipe, parameters)) return { recipe: sortRecipe(recipe), findings: [] };
  const message =
    'the recipe depends on the order of its "re:" keys, and transformers sorts keys when it saves a config.json: what resolves the saved recipe again may give tensors other configs. Make the patterns disjoint';
  return { recipe, findings: [{ id: 'order-does-not-survive-sorting', severity: 'warning', message }] };
}

function weightDtypeOf({ list }: Decisions): Dtype | null {
  return list.find(({ quantizer }) => quantizer !== null)?.parameter.dtype ?? null;
}

function refuseQuantizedInput({ metadata, config }: Model): void {
  const inMetadata = metadata.has('tensor_names');
  if (!inMetadata && (config === null || !Object.hasOwn(config, 'quantization_config'))) return;
  throw new InvalidCheckpointError({
    message: 'the checkpoint is quantized already',
    where: inMetadata ? 'metadata of the shards' : 'config.json, quantization_config',
    hint: 'Quantize the original checkpoint.',
  });
}
