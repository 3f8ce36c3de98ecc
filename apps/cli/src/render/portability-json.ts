import type { DialectFailure, DialectModel, DialectVerdict, Recipe } from '@fewbit/core';
import type { DialectComparison, PortableForm } from '@fewbit/dialects';
import { alikeVerdicts } from './alike-verdicts.ts';

/** The fields that docs/json.md lists for `portability`. */
export function comparisonJson(
  comparison: DialectComparison,
  { entries }: Recipe,
  model: DialectModel,
): Readonly<Record<string, unknown>> {
  const keyOf = (entry: number): string | null => entries[entry]?.key ?? null;
  const verdictJson = (verdict: DialectVerdict | null): unknown =>
    verdict && {
      key: keyOf(verdict.entry),
      config: verdict.outcome === 'config' ? (entries[verdict.entry]?.config?.type ?? null) : null,
      because: verdict.because,
    };
  return {
    agree: comparison.agree,
    tensors: model.parameters.length,
    disagreeing: comparison.disagreements.length,
    dialects: comparison.dialects.map(({ name, title, failure, hazards, sorting }) => ({
      name,
      title,
      failure: failure && { ...failureJson(failure), keys: failure.entries.map(keyOf) },
      sorting,
      hazards: hazards.map(({ id, message, at, entry }) => ({ id, message, at, key: keyOf(entry) })),
    })),
    disagreements: alikeVerdicts(comparison, model).map(({ verdicts, names, patterns }) => ({
      patterns: patterns.map(({ pattern }) => pattern),
      verdicts: Object.fromEntries(
        comparison.dialects.map(({ name }, place) => [name, verdictJson(verdicts[place] ?? null)]),
      ),
      tensors: names,
    })),
  };
}

/** The fields for `portability --fix`. */
export function portableJson(
  { refused, failures }: PortableForm,
  { parameters }: DialectModel,
): Readonly<Record<string, unknown>> {
  return {
    refused: refused.map(({ index, why, dialects }) => ({ name: parameters[index]?.name ?? null, why, dialects })),
    failures: failures.map(({ dialect, failure }) => ({ dialect, ...failureJson(failure) })),
  };
}

function failureJson({ error, message, at }: DialectFailure): Readonly<Record<string, unknown>> {
  return { error, message, at };
}
