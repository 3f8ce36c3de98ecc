import type {
  Dialect,
  DialectFailure,
  DialectHazard,
  DialectModel,
  DialectReading,
  DialectVerdict,
  Recipe,
} from '@fewbit/core';
import { prepareApplications } from '../handlers/applications.ts';
import { modulesOf } from '../model/module-tree.ts';
import { tiedTwin } from '../model/tied-twin.ts';
import { hazardOf } from '../reading/hazards.ts';
import { readKeys } from '../reading/keys.ts';
import { readOrRefuse } from '../reading/refused.ts';
import { BUFFER, createVerdicts } from '../reading/verdicts.ts';
import { createModuleReader } from './read-module.ts';

/**
 * `torchao.quantization.quantize_(model, recipe, filter_fn=None)` as version 0.18.0 codes it, which departs from its own
 * documentation in many places; see README.
 *
 * Where it raises, `failure` says what and where, and the verdicts are what each module would have come to by itself.
 */
export const torchao: Dialect = {
  name: 'torchao',
  title: 'torchao 0.18.0, as coded',
  read: (recipe, model) => readOrRefuse(model, () => readAsCoded(recipe, model)),
};

function readAsCoded(recipe: Recipe, model: DialectModel): DialectReading {
  const twin = tiedTwin(model);
  const verdicts = createVerdicts();
  const buffer = verdicts.plain(-1, BUFFER);
  const list: DialectVerdict[] = model.parameters.map(() => buffer);
  const hazards: DialectHazard[] = [];
  const readModule = createModuleReader(
    readKeys(recipe),
    prepareApplications(recipe),
    verdicts,
    (own, verdict, tensorClass) => {
      const { info, index } = own;
      if (index !== -1) list[index] = verdict;
      if (verdict.outcome !== 'config') return;
      const hazard = hazardOf(info, tensorClass);
      if (hazard !== null) hazards.push({ ...hazard, at: info.name, entry: verdict.entry });
      if (index === -1) hazards.push({ ...UNTIED, at: info.name, entry: verdict.entry });
    },
  );
  let failure: DialectFailure | null = null;
  for (const node of modulesOf(model, twin === null ? [] : [twin])) {
    const raised = readModule(node);
    failure ??= raised;
  }
  return { verdicts: list, failure, hazards };
}

const UNTIED = {
  id: 'embeddings-untied',
  message:
    'it shares its tensor with the one that the checkpoint holds, and torchao quantizes it apart, which unties them',
};
