// Reads recipes of other tools, one case for each line of standard input, and answers each with a line of JSON.
//
// A case: {"format", "text", "parameters", "modelType"}. An answer: {"error"} or {"schemes", "select", "adapted", "plain",
// "checked"}: what our reader says of each parameter, the same as torchao can have it, and what the converted recipe does,
// resolved as documented, without and with the model at hand. Schemes are places in the list `schemes`.
import { createInterface } from 'node:readline';
import { builtinConfigs } from '../../packages/configs/src/index.ts';
import { createRegistry } from '../../packages/core/src/index.ts';
import { convertRecipe, foreignFormats } from '../../packages/dialects/src/index.ts';

const registry = createRegistry({ configs: builtinConfigs });
const format = (name) => foreignFormats.find((each) => each.name === name);
const fqn = format('fqn');

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}

function answer({ format: name, text, parameters }) {
  const from = format(name);
  const schemes = [];
  const places = new Map();
  const placeOf = (scheme) => {
    const key = JSON.stringify(scheme);
    if (!places.has(key)) places.set(key, schemes.push(scheme) - 1);
    return places.get(key);
  };
  try {
    const { select } = from.read(text, { registry, parameters });
    const selected = parameters.map(select);
    const converted = (options) => {
      const { text: recipe, findings, checked } = convertRecipe({ text, from, to: fqn, registry, ...options });
      const resolve = fqn.read(recipe, { registry }).select;
      return {
        recipe,
        findings: findings.map(({ severity, id }) => `${severity} ${id}`),
        differing: checked?.differing ?? null,
        schemes: parameters.map((parameter) => placeOf(resolve(parameter))),
      };
    };
    return {
      select: selected.map(placeOf),
      adapted: selected.map((scheme) => placeOf(scheme === null ? null : fqn.adapt(scheme).scheme)),
      plain: converted({}),
      checked: converted({ parameters }),
      schemes,
    };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { error: `${error.code}: ${error.message}` };
  }
}
