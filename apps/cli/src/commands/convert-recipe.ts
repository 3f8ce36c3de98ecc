import { parametersOf, type ParameterInfo } from '@fewbit/core';
import { convertRecipe as convert, foreignFormats, type ForeignFormat } from '@fewbit/dialects';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipeText } from '../inputs.ts';
import { writeNewFile } from '../write-file.ts';
import { loadRegistry } from '../registry.ts';
import { conversionText } from '../render/convert-recipe.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface ConvertRecipeOptions {
  readonly from: string;
  readonly to: string;
  readonly checkpoint?: string;
  readonly out?: string;
  readonly overwrite: boolean;
  readonly strict: boolean;
  readonly packedInt4: boolean;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

export const FORMAT_NAMES: readonly string[] = foreignFormats.map(({ name }) => name);

/** Turns a recipe of one system into one of another, and says what could not be carried over. */
export async function convertRecipe(file: string, options: ConvertRecipeOptions, terminal: Terminal): Promise<number> {
  const [from, to] = [formatNamed(options.from), formatNamed(options.to)];
  const registry = await loadRegistry(options.plugin);
  const text = await readRecipeText(file);
  const parameters = options.checkpoint === undefined ? undefined : await readParameters(options.checkpoint);
  const conversion = convert({
    text,
    from,
    to,
    registry,
    packInt4: options.packedInt4,
    ...(parameters !== undefined && { parameters }),
  });
  const refused = options.strict && conversion.findings.some(({ severity }) => severity === 'loss');
  if (options.out !== undefined && !refused) await writeNewFile(options.out, conversion.text, options.overwrite);
  const { text: recipe, ...report } = conversion;
  const written = refused ? null : (options.out ?? null);
  if (options.json) terminal.out(jsonText({ file, from: from.name, to: to.name, out: written, recipe, ...report }));
  else {
    if (options.out === undefined && !refused) terminal.out(recipe);
    terminal.err(conversionText(conversion, { from, to, out: written, refused }));
  }
  return refused ? EXIT.failed : EXIT.ok;
}

function formatNamed(name: string): ForeignFormat {
  const found = foreignFormats.find((format) => format.name === name);
  if (found === undefined)
    throw new RangeError(`no format "${name}"; the command line lets in only those that there are`);
  return found;
}

async function readParameters(target: string): Promise<readonly ParameterInfo[]> {
  const folder = await openInput(target);
  try {
    return parametersOf(folder, folder.tensors);
  } finally {
    await folder.close();
  }
}
