// Reads recipes as a dialect does, one case for each line of standard input, and answers each with a line of JSON:
// {"verdicts": [[outcome, entry, because], ...], "failure": ..., "hazards": [...]}, in the order of the parameters; for vllm
// also "names", theirs in vLLM.
//
// A case: {"dialect", "options", "recipe" (text), "config", "parameters", "modules"}. Parameters without a kind get it from
// their names and shapes, as those of a checkpoint do. `options.names` maps checkpoint names to names in memory.
import { createInterface } from 'node:readline';
import { builtinConfigs } from '../packages/configs/src/index.ts';
import { createRegistry, deriveParameters, parseRecipe } from '../packages/core/src/index.ts';
import {
  createTransformersDialect,
  createVllmDialect,
  documented,
  mapNames,
  torchao,
} from '../packages/dialects/src/index.ts';

const registry = createRegistry({ configs: builtinConfigs });

for await (const line of createInterface({ input: process.stdin })) {
  const { dialect, options, recipe, ...model } = JSON.parse(line);
  const parameters = parametersOf(model);
  const reading = dialectOf(dialect, options ?? {}).read(
    parseRecipe(recipe, registry, { brokenPatterns: 'keep' }).recipe,
    {
      config: model.config,
      parameters,
      ...(model.modules ? { modules: model.modules } : {}),
    },
  );
  const verdicts = reading.verdicts.map(({ outcome, entry, because }) => [outcome, entry, because]);
  const { names } = dialect === 'vllm' ? mapNames(parameters, 'vllm', model.config.model_type) : {};
  process.stdout.write(`${JSON.stringify({ ...reading, verdicts, names })}\n`);
}

function dialectOf(name, { names, ...options }) {
  if (name === 'documented') return documented;
  if (name === 'torchao') return torchao;
  if (name === 'vllm') return createVllmDialect(options);
  const inMemory = names && new Map(Object.entries(names));
  return createTransformersDialect({
    ...options,
    ...(inMemory ? { inMemoryName: (given) => inMemory.get(given) ?? given } : {}),
  });
}

function parametersOf({ parameters, config }) {
  if (parameters.every(({ kind }) => kind === undefined)) {
    return deriveParameters(parameters, { modelType: config?.model_type ?? null });
  }
  return parameters.map((parameter) => {
    const dot = parameter.name.lastIndexOf('.');
    return {
      ...parameter,
      module: parameter.name.slice(0, Math.max(0, dot)),
      parameter: parameter.name.slice(dot + 1),
    };
  });
}
