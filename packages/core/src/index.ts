export * from './errors.ts';
export * from './dtype.ts';
export * from './tensor.ts';
export * from './json.ts';
export { JsonScanner, MAX_NESTING, type JsonProblem, type JsonRules } from './json/json-scanner.ts';
export type { DistinctNames } from './json/distinct-names.ts';
export { locator, positionAt, type TextPosition, type TextSpan } from './json/text-position.ts';
export * from './registry.ts';
export { assertBitExact, describeExactness, exactnessFindings, exactnessOf } from './exactness.ts';
export type * from './contracts/backend.ts';
export * from './contracts/quantizing.ts';
export type * from './contracts/byte-runs.ts';
export type * from './contracts/checkpoint.ts';
export type * from './contracts/config-type.ts';
export type * from './contracts/dialect.ts';
export type * from './contracts/exactness.ts';
export type * from './contracts/inference.ts';
export type * from './contracts/io.ts';
export type * from './contracts/tensor-class.ts';
export type * from './modules/kind.ts';
export { deriveParameters, type DeriveOptions } from './modules/derive.ts';
export { defaultModuleTable } from './modules/default-table.ts';
export { embeddingNames, tiedEmbeddings, type EmbeddingNames, type TiedEmbeddings } from './modules/tied.ts';
export {
  createModuleTable,
  type ModuleNames,
  type ModuleTable,
  type ModuleTableLayer,
  type NamesByKind,
} from './modules/table.ts';
export * from './recipe/recipe.ts';
export { parseConfig, configToJson, type ConfigRegistry } from './recipe/config-json.ts';
export { createRecipe, type RecipeSource } from './recipe/create.ts';
export { sameConfig } from './recipe/equal.ts';
export { formatRecipe, recipeToJson, type FormatOptions } from './recipe/format.ts';
export {
  forEachElement,
  forEachMember,
  readJsonText,
  valueOf,
  type JsonNode,
  type JsonText,
} from './recipe/json-text.ts';
export { createProblemList, type ProblemList } from './recipe/problem-list.ts';
export { parseRecipe, recipeFromJson, type ParsedRecipe, type ParseRecipeOptions } from './recipe/parse-recipe.ts';
export { describeProblem, recipeError } from './recipe/problem.ts';
export type { EntryPlace } from './recipe/read-entries.ts';
export type { RecipeProblem } from './recipe/recipe-problem.ts';
export { compareCodePoints, sortRecipe, survivesSorting } from './recipe/sort.ts';
export type { RecipeWarning } from './recipe/warnings.ts';
export * from './matcher/resolution.ts';
export * from './matcher/matcher.ts';
export { indexKeys, kindOfKey, type KeyIndex, type KeyKind, type MatcherEntry } from './matcher/key-index.ts';
export * from './matcher/explain.ts';
export * from './matcher/key-use.ts';
export { surveyKeys, type ContestedParameter, type KeySurvey } from './matcher/survey.ts';
export { rememberFamilies } from './matcher/families.ts';
export type { Family, Member, Siblings } from './matcher/siblings.ts';
export type { PatternOptions } from './matcher/patterns.ts';
export { nearestName } from './nearest-name.ts';
export { encodeNames, sortNames, type EncodedNames, type SortedNames } from './sort-names.ts';
export { quote } from './quote.ts';
export type * from './plan/plan.ts';
export { decide, type Answer, type Decision, type Decisions, type Refusal } from './plan/decide.ts';
export { onceForEachLook } from './plan/look.ts';
export { findingsOf } from './plan/findings.ts';
export {
  DEFAULT_MAX_SHARD_BYTES,
  planDecisions,
  planQuantization,
  problemsOf,
  type PlanOptions,
  type PlanRequest,
} from './plan/make-plan.ts';
export { predictFiles, type PredictedFiles, type PredictOptions } from './plan/predict.ts';
export { RANGE_BYTES } from './plan/ranges.ts';
export { PlanRefusedError, type PlanProblem } from './plan/refused.ts';
export { deserializePlan, serializePlan } from './plan/serialize.ts';
export { executePlan, type AbortSource, type ExecuteOptions, type Progress } from './execute/execute.ts';
export { createItemRunner, type ItemRunner, type ItemRunnerOptions } from './execute/item-runner.ts';
export type { RunnableItem } from './execute/runnable-item.ts';
export {
  explainDecisions,
  type ExplainDecisionsOptions,
  type ExplainedTensor,
  type LostKey,
} from './explain/explain.ts';
export type { Fate } from './explain/fate.ts';
export { groupTensors, singleGroups, type GroupKey, type TensorGroup } from './explain/group.ts';
export { compileNameFilter } from './explain/name-filter.ts';
export { detailOf, type TensorDetail } from './explain/detail.ts';
export type { Outcome } from './explain/reason.ts';
export {
  GROUP_ORDERS,
  checkSelectedKey,
  selectTensors,
  sortGroups,
  TENSOR_STATES,
  type GroupOrder,
  type TensorSelection,
  type TensorState,
} from './explain/select.ts';
export {
  countConfigs,
  countKeys,
  totalsOf,
  type ConfigCount,
  type ExplainedCount,
  type ExplainedTotals,
  type KeyCount,
} from './explain/totals.ts';
export { groupNames, type AlikeNames } from './explain/group-names.ts';
export { createReferenceBackend, referenceBackend } from './reference/backend.ts';
export { assertConsecutive, blockCount } from './reference/block-loop.ts';
export { fromFloat32, roundingTo, roundToBf16, roundToF16, toFloat32 } from './reference/float.ts';
export * from './authoring/block-view.ts';
export * from './authoring/elementwise.ts';
export { readFields, shown, unwrap, type FieldReader } from './authoring/fields.ts';
export * from './authoring/torch-dtype.ts';
export { createDistance, sqnrDb, type Distance } from './verify/distance.ts';
export type { LogicalTensor } from './checkpoint/logical-tensor.ts';
export { readValues, type ReadValuesRequest, type TensorValues } from './checkpoint/read-values.ts';
export { verifyTensor, type VerifiedTensor, type VerifyRequest } from './verify/verify.ts';
export {
  checkCodes,
  checkLinear,
  hasExactResults,
  releasedLayer,
  rowsOf,
  type ExactLinearRequest,
} from './inference/check-linear.ts';
export { loadStack, type StackedLayers } from './inference/load-stack.ts';
export { readLinear, type ReadLinearRequest } from './inference/read-linear.ts';
export { stackLinears, type LinearStack, type StackPart } from './inference/stack-linear.ts';
export { expertFindings } from './model-config/expert-findings.ts';
export { explainModel, type ExplainModelOptions, type ModelExplanation } from './model-config/explain-model.ts';
export { formatQuantizedConfig, type QuantizedConfigOptions } from './model-config/quantized-config.ts';
export {
  parametersOf,
  planModel,
  type Model,
  type ModelPlan,
  type ModelPlanOptions,
} from './model-config/plan-model.ts';
export { settleTiedEmbeddings, untie, type TiedOutcome, type TiedPair } from './model-config/tied-embeddings.ts';
