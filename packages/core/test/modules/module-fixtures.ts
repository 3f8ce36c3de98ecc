import { isDtype, type ModuleKind, type TensorInfo } from '../../src/index.ts';

declare global {
  interface ImportMeta {
    /** Vite's: every file that fits the pattern, loaded. */
    readonly glob: <T>(pattern: string, options: { eager: true; import: 'default' }) => Record<string, T>;
  }
}

/** What conformance/fixtures/make_module_fixtures.py records of one family. */
interface StoredFixture {
  readonly modelType: string;
  readonly architecture: string;
  readonly tieWordEmbeddings: boolean | null;
  readonly head: { readonly input: string; readonly output: string; readonly tied: boolean } | null;
  readonly withOtherTie?: { readonly tied: boolean; readonly stored: readonly string[] };
  readonly tensors: readonly string[];
  readonly inMemory?: readonly string[];
}

export interface KnownTensor extends TensorInfo {
  /** What the class of the owning module says. */
  readonly kind: ModuleKind;
  readonly moduleClass: string;
}

export interface ModuleFixture extends Omit<StoredFixture, 'tensors' | 'inMemory'> {
  readonly tensors: readonly KnownTensor[];
  /** The model's own state_dict where it names tensors otherwise; else empty. */
  readonly inMemory: readonly KnownTensor[];
}

export const FIXTURES: readonly ModuleFixture[] = Object.values(
  import.meta.glob<StoredFixture>('./fixtures/*.json', { eager: true, import: 'default' }),
).map((stored) => ({
  ...stored,
  tensors: stored.tensors.map(parseLine),
  inMemory: (stored.inMemory ?? []).map(parseLine),
}));

export function fixtureOf(modelType: string): ModuleFixture {
  const found = FIXTURES.find((fixture) => fixture.modelType === modelType);
  if (found === undefined) throw new Error(`there is no fixture of ${modelType}`);
  return found;
}

/** Without the kinds, as a checkpoint has them. */
export function asStored(tensors: readonly KnownTensor[]): TensorInfo[] {
  return tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}

function parseLine(line: string): KnownTensor {
  const [name, kind, moduleClass, shape, dtype = 'F32'] = line.split(' ');
  if (name === undefined || kind === undefined || moduleClass === undefined || shape === undefined || !isDtype(dtype)) {
    throw new Error(`a fixture has the line "${line}"`);
  }
  return {
    name,
    dtype,
    shape: shape === 'scalar' ? [] : shape.split('x').map(Number),
    // The script writes kinds of this type only; a wrong one fails the comparison.
    kind: kind as ModuleKind,
    moduleClass,
  };
}
