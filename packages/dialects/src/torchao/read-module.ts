import { TIER_WORDS, type DialectFailure, type DialectVerdict } from '@fewbit/core';
import type { Applications } from '../handlers/applications.ts';
import type { ModuleNode, OwnParameter } from '../model/module-tree.ts';
import type { Keys } from '../reading/keys.ts';
import { NO_KEY, type Verdicts } from '../reading/verdicts.ts';
import { createSelection, selects } from './select.ts';
import { createStates, ModuleRaised, type States } from './states.ts';

/** What torchao's code makes of one module by itself. */
export interface ModuleReading {
  readonly results: readonly ParameterResult[];
  readonly failure: DialectFailure | null;
}

export interface ParameterResult {
  readonly own: OwnParameter;
  readonly verdict: DialectVerdict;
  /** Of the quantized tensor; '' where it is plain or unknown. */
  readonly tensorClass: string;
}

const NOTHING: ModuleReading = { results: [], failure: null };

/** Reads modules one by one, each as `quantize_` and its handler for FqnToConfig would. */
export function createModuleReader(
  keys: Keys,
  applications: Applications,
  verdicts: Verdicts,
): (node: ModuleNode) => ModuleReading {
  const untouched = verdicts.plain(-1, NO_KEY);
  const hidden = verdicts.plain(-1, 'its name begins with a digit, and torchao never asks about such a parameter');
  const selection = createSelection(keys);

  return (node) => {
    const all = node.own.filter(({ info }) => info.kind !== 'buffer');
    const visible = all.flatMap((own, position) => (isHidden(own) ? [] : [{ own, position }]));
    const states = createStates(node, applications);
    let failure: DialectFailure | null = null;
    try {
      if (selects(selection, node, visible)) handle(node, visible, keys, states);
      else if (visible.length === all.length) return all.length === 0 ? NOTHING : plainReading(all, untouched);
    } catch (error) {
      if (!(error instanceof ModuleRaised)) throw error;
      failure = error.failure;
    }
    const results = node.own.flatMap((own): ParameterResult[] => {
      const state = states.of(own);
      if (own.info.kind === 'buffer' && state.entry === -1) return [];
      if (isHidden(own)) return [{ own, verdict: hidden, tensorClass: '' }];
      const { entry, because, tensorClass } = state;
      const verdict = tensorClass === null ? verdicts.plain(entry, because) : verdicts.config(entry, because);
      return [{ own, verdict, tensorClass: tensorClass ?? '' }];
    });
    return { results, failure };
  };
}

function plainReading(all: readonly OwnParameter[], verdict: DialectVerdict): ModuleReading {
  return { results: all.map((own) => ({ own, verdict, tensorClass: '' })), failure: null };
}

/** A parameter that torchao sees, with its place among all parameters of the module. */
export interface Visible {
  readonly own: OwnParameter;
  readonly position: number;
}

/** The handler for FqnToConfig, stage by stage as coded. */
function handle(node: ModuleNode, visible: readonly Visible[], keys: Keys, states: States): void {
  const remaining = [...visible];
  let found = -1;
  for (const { own, position } of visible) {
    const entry = keys.exact(own.info.name);
    if (entry === -1) continue;
    found = entry;
    if (states.isNull(entry)) {
      states.leave(own, entry, `null from the ${TIER_WORDS.parameter}`);
      // By its place among all parameters, in a list that has become shorter: it may hit another one, or none.
      const [removed] = remaining.splice(position, 1);
      if (removed === undefined) {
        const message =
          'torchao removes parameters with a null by position, and after the first one the list is too short';
        throw new ModuleRaised({ error: 'IndexError', message, at: own.info.name, entries: [entry] });
      }
      if (removed.own !== own) {
        states.leave(
          removed.own,
          entry,
          'torchao takes it out of the search in place of another parameter that has a null',
        );
      }
    } else {
      states.apply(own.info.parameter, entry, `${TIER_WORDS.parameter} decides`, own.info.name);
    }
  }

  if (found === -1) {
    const entry = keys.exact(node.fqn);
    if (entry !== -1) {
      states.applyToModule(entry, 'module');
      return;
    }
  }

  for (const { own } of remaining) {
    const entries = keys.firstRegex(own.info.name) === -1 ? [] : keys.everyRegex(own.info.name);
    for (const entry of entries) {
      states.raiseIfBroken(keys, entry, own.info.name);
      found = entry;
      if (states.isNull(entry)) states.leave(own, entry, `null from the ${TIER_WORDS['parameter-regex']}`);
      else states.apply(own.info.parameter, entry, `${TIER_WORDS['parameter-regex']} decides`, own.info.name);
    }
  }
  if (found !== -1) {
    const because = "a key of one of the module's parameters keeps torchao from asking the module's keys and _default";
    for (const { own } of visible) if (states.of(own).because === NO_KEY) states.leave(own, found, because);
    return;
  }

  const entry = keys.firstRegex(node.fqn);
  if (entry !== -1) {
    states.raiseIfBroken(keys, entry, node.fqn);
    states.applyToModule(entry, 'module-regex');
  } else if (keys.defaultEntry !== -1) states.applyToModule(keys.defaultEntry, 'default');
}

// nn.Module leaves such names out of dir(). Python also counts a few superscripts as digits; no model has those.
const BEGINS_WITH_DIGIT = /^\p{Nd}/u;

function isHidden({ info }: OwnParameter): boolean {
  return BEGINS_WITH_DIGIT.test(info.parameter);
}
