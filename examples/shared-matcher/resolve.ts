import { deriveParameters, explainResolution, type Matcher, type MatcherEntry, type TensorInfo } from '@fewbit/core';

/** What a key gives, for the page: a config's JSON or null. The matcher looks no further than that. */
export interface PageEntry extends MatcherEntry {
  readonly config: { readonly type?: unknown } | null;
}

/** One line for each tensor: its name and what the recipe says of it. */
export function resolveTensors(tensors: readonly TensorInfo[], matcher: Matcher<PageEntry>): string {
  return deriveParameters(tensors)
    .map((parameter) => `${parameter.name}: ${explainResolution(matcher, parameter, describe).text}`)
    .join('\n');
}

function describe(config: unknown): string {
  const typed = typeof config === 'object' && config !== null && 'type' in config;
  return typed && typeof config.type === 'string' ? config.type : 'its config';
}

/** A name that somebody typed says nothing of a shape; weights are taken for matrices. */
export function typedTensors(text: string): readonly TensorInfo[] {
  const names = text.split('\n').map((line) => line.trim());
  return names.flatMap((name) => {
    if (name === '') return [];
    const shape = name.includes('norm') || name.endsWith('.bias') ? [256] : [256, 256];
    return [{ name, dtype: 'BF16', shape }];
  });
}
