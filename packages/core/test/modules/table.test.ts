import { describe, expect, it } from 'vitest';
import {
  createModuleTable,
  defaultModuleTable,
  deriveParameters,
  FewbitError,
  type ModuleTable,
  type ModuleTableLayer,
} from '../../src/index.ts';

function kindOf(name: string, shape: readonly number[], table: ModuleTable, modelType: string | null = null): string {
  return deriveParameters([{ name, shape, dtype: 'F32' }], { table, modelType })[0]?.kind ?? 'none';
}

describe('createModuleTable', () => {
  it('lets a caller name the embeddings of a model that the table does not know', () => {
    const table = createModuleTable({ modules: { embedding: ['glyph_table'] } }, defaultModuleTable);
    expect(kindOf('model.glyph_table.weight', [8, 4], defaultModuleTable)).toBe('linear');
    expect(kindOf('model.glyph_table.weight', [8, 4], table)).toBe('embedding');
    expect(kindOf('model.embed_tokens.weight', [8, 4], table)).toBe('embedding');
  });

  it('lets a caller overrule a name, a shorter one and a name of a family too', () => {
    const table = createModuleTable({ modules: { linear: ['gate', 'c_proj'] } }, defaultModuleTable);
    expect(kindOf('layers.0.mlp.gate.weight', [4, 16], defaultModuleTable)).toBe('other');
    expect(kindOf('layers.0.mlp.gate.weight', [4, 16], table)).toBe('linear');
    expect(kindOf('h.0.attn.c_proj.weight', [8, 8], table, 'gpt2')).toBe('linear');
  });

  it('lets the longer of two names decide, whichever comes first', () => {
    for (const modules of [
      { embedding: ['table'], linear: ['out.table'] },
      { linear: ['out.table'], embedding: ['table'] },
    ]) {
      const table = createModuleTable({ modules });
      expect(kindOf('in.table.weight', [8, 4], table)).toBe('embedding');
      expect(kindOf('out.table.weight', [8, 4], table)).toBe('linear');
    }
  });

  it('takes names for one model type only', () => {
    const table = createModuleTable({ families: { mine: { modules: { conv1d: ['fc'] } } } }, defaultModuleTable);
    expect(kindOf('fc.weight', [8, 8], table, 'mine')).toBe('conv1d');
    expect(kindOf('fc.weight', [8, 8], table, 'other')).toBe('linear');
  });

  it('compares whole components, and takes an index for a star', () => {
    const table = createModuleTable({ modules: { embedding: ['tables.*', 'a.*.b'] } });
    expect(kindOf('m.tables.7.weight', [8, 4], table)).toBe('embedding');
    expect(kindOf('m.tables.x.weight', [8, 4], table)).toBe('linear');
    expect(kindOf('my_tables.7.weight', [8, 4], table)).toBe('linear');
    expect(kindOf('a.12.b.weight', [8, 4], table)).toBe('embedding');
    expect(kindOf('12.b.weight', [8, 4], table)).toBe('linear');
  });

  it('keeps a name from a weight of other dimensions', () => {
    expect(kindOf('position_embedding.weight', [8], defaultModuleTable)).toBe('norm');
    expect(kindOf('position_embedding.weight', [8, 3, 3, 3], defaultModuleTable)).toBe('conv');
  });

  it('survives JSON, so that a table can be kept in a file', () => {
    const copy = JSON.parse(JSON.stringify(defaultModuleTable)) as ModuleTable;
    expect(copy).toEqual(defaultModuleTable);
  });

  it.each<[string, unknown]>([
    ['an unknown kind', { modules: { lineaer: ['x'] } }],
    ['an inherited kind', { modules: { toString: ['x'] } }],
    ['an unknown member', { names: {} }],
    ['an empty name', { modules: { linear: [''] } }],
    ['an empty component', { routers: ['a..b'] }],
    ['a name that is no text', { parameters: { buffer: [1] } }],
    ['a list that is none', { modules: { linear: 'x' } }],
    ['families within a family', { families: { a: { families: {} } } }],
    ['null', null],
  ])('refuses %s, which would otherwise be without effect', (_, layer) => {
    expect(() => createModuleTable(layer as ModuleTableLayer)).toThrow(FewbitError);
  });
});
