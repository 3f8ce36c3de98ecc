import type { LintRule } from '../rule.ts';
import { biasQuantized } from './bias-quantized.ts';
import { configRefusesTensor } from './config-refuses-tensor.ts';
import { consumerCannotLoad } from './consumer-cannot-load.ts';
import { consumerFails } from './consumer-fails.ts';
import { containerMatched } from './container-matched.ts';
import { defaultKey } from './default-key.ts';
import { dialectDisagreement } from './dialect-disagreement.ts';
import { emptyRecipe } from './empty-recipe.ts';
import { expertsLeftOut } from './experts-left-out.ts';
import { expertsNameSpace } from './experts-name-space.ts';
import { expertsNotTaken } from './experts-not-taken.ts';
import { fusedModuleName } from './fused-module-name.ts';
import { fusedPartsDiffer } from './fused-parts-differ.ts';
import { groupDoesNotDivide } from './group-does-not-divide.ts';
import { keyMatchesNothing } from './key-matches-nothing.ts';
import { keySelectsBuffer } from './key-selects-buffer.ts';
import { keySelectsContainer } from './key-selects-container.ts';
import { keyShadowed } from './key-shadowed.ts';
import { mapsOrderedDifferently } from './maps-ordered-differently.ts';
import { missingPrefix } from './missing-prefix.ts';
import { normQuantized } from './norm-quantized.ts';
import { nothingQuantized } from './nothing-quantized.ts';
import { nullOverridden } from './null-overridden.ts';
import { orderLostBySorting } from './order-lost-by-sorting.ts';
import { orderMayBeLost } from './order-may-be-lost.ts';
import { patternChangesWithPython } from './pattern-changes-with-python.ts';
import { patternWithoutRe } from './pattern-without-re.ts';
import { routerQuantized } from './router-quantized.ts';
import { searchNotFullmatch } from './search-not-fullmatch.ts';
import { skipListIgnored } from './skip-list-ignored.ts';
import { tiedEmbeddingsRule } from './tied-embeddings.ts';
import { unescapedDot } from './unescaped-dot.ts';

/**
 * The rules of this package. Of rules that find one cause the first reports it: a key that matches nothing is told what
 * it lacks before it is told that it matches nothing, and a norm that a config refuses was reached by mistake.
 */
export const builtinRules: readonly LintRule[] = [
  emptyRecipe,
  // Keys that match nothing.
  patternWithoutRe,
  missingPrefix,
  searchNotFullmatch,
  fusedModuleName,
  expertsNameSpace,
  keyMatchesNothing,
  keySelectsContainer,
  keySelectsBuffer,
  // Keys that meet.
  nullOverridden,
  keyShadowed,
  orderLostBySorting,
  // Keys that match too much.
  unescapedDot,
  normQuantized,
  biasQuantized,
  routerQuantized,
  containerMatched,
  // Configs that do not fit.
  groupDoesNotDivide,
  expertsNotTaken,
  configRefusesTensor,
  tiedEmbeddingsRule,
  // Readers.
  fusedPartsDiffer,
  consumerCannotLoad,
  consumerFails,
  dialectDisagreement,
  defaultKey,
  patternChangesWithPython,
  // The recipe as a whole, and its text.
  expertsLeftOut,
  mapsOrderedDifferently,
  orderMayBeLost,
  skipListIgnored,
  nothingQuantized,
];
