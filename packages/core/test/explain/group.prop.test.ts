import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillTemplate, isOfTemplate, scanName, templateOf, type ScannedName } from '../../src/explain/name-template.ts';
import { decide, deriveParameters, explainDecisions, groupTensors } from '../../src/index.ts';

const name = fc
  .array(fc.oneof(fc.nat(5).map(String), fc.constantFrom('a', 'b', '00', '')), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('.'));

/** The names that a pattern stands for. */
function expand(pattern: string): string[] {
  return pattern.split('.').reduce<string[]>(
    (fronts, component, at) => {
      const set = /^\{(?<ranges>[\d,-]+)\}$/.exec(component)?.groups?.ranges;
      const values =
        set === undefined
          ? [component]
          : set.split(',').flatMap((range) => {
              const [first = 0, last = first] = range.split('-').map(Number);
              return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
            });
      return fronts.flatMap((front) => values.map((value) => (at === 0 ? value : `${front}.${value}`)));
    },
    [''],
  );
}

test('every tensor is in one group, and a pattern without "of" stands for its tensors and no others', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 60 }), (names) => {
      const parameters = deriveParameters(names.map((one) => ({ name: one, dtype: 'BF16' as const, shape: [4, 4] })));
      const groups = groupTensors(explainDecisions(decide(parameters, { entries: [] })));
      expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(names.length);
      for (const { pattern, count, names: stands } of groups) {
        const expanded = expand(pattern);
        expect(expanded).toHaveLength(stands);
        const there = expanded.filter((one) => names.includes(one));
        expect(there.length).toBeGreaterThanOrEqual(count);
        if (stands === count) expect(there).toHaveLength(count);
      }
    }),
    { numRuns: 300 },
  );
});

test('rows are grouped by siblings as they are name by name', () => {
  const below = fc.constantFrom('up.weight', 'up.bias', '1.weight', '7', 'weight', '0.0.weight');
  const model = fc
    .tuple(fc.array(name, { maxLength: 12 }), fc.array(below, { minLength: 1, maxLength: 4 }))
    .map(([fronts, rests]) => [...new Set(fronts.flatMap((front) => rests.map((rest) => `${front}.${rest}`)))]);
  fc.assert(
    fc.property(fc.oneof(model, fc.uniqueArray(name, { maxLength: 40 })), (names) => {
      const parameters = deriveParameters(names.map((one) => ({ name: one, dtype: 'BF16' as const, shape: [4, 4] })));
      const decisions = decide(parameters, { entries: [] });
      const rows = explainDecisions(decisions);
      const seen = [decisions.survey.siblings, null].map((siblings) =>
        groupTensors(rows, siblings).map((group) => ({ ...group, example: group.example.name })),
      );
      expect(seen[0]).toEqual(seen[1]);
    }),
    { numRuns: 300 },
  );
});

test('a name is scanned, compared and written out as one and the same template', () => {
  const hostile = fc.oneof(name, fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'a', '\0') }));
  fc.assert(
    fc.property(hostile, hostile, (left, right) => {
      const [a, b] = [left, right].map((one) => {
        const scanned: ScannedName = { hash: 0, numbers: [] };
        scanName(one, scanned);
        return { ...scanned, template: templateOf(one) };
      });
      expect(isOfTemplate(left, a?.template ?? '')).toBe(true);
      expect(isOfTemplate(left, b?.template ?? '')).toBe(a?.template === b?.template);
      if (a?.template === b?.template) expect(a?.hash).toBe(b?.hash);
      expect(fillTemplate(a?.template ?? '', a?.numbers.map(String) ?? [])).toBe(left);
    }),
    { numRuns: 2000 },
  );
});
