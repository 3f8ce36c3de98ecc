import type { DialectFailure, DialectVerdict } from '@fewbit/core';
import type { Applications } from '../handlers/applications.ts';
import type { ModuleNode, OwnParameter } from '../model/module-node.ts';
import type { Keys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';
import { NO_KEY, type Verdicts } from '../reading/verdicts.ts';
import { selects, type Visible } from './select.ts';
import { createStates, NULL_FROM, type States } from './states.ts';

/** Reads one module as `quantize_` and its handler for FqnToConfig would, had nothing been raised before. */
export type ModuleReader = (node: ModuleNode) => DialectFailure | null;

/**
 * @param settle - Told the verdict on each parameter of a module, and the class of its quantized tensor ('' where it is plain
 * or unknown). Not told of buffers, unless they get quantized.
 */
export function createModuleReader(
  keys: Keys,
  applications: Applications,
  verdicts: Verdicts,
  settle: (own: OwnParameter, verdict: DialectVerdict, tensorClass: string) => void,
): ModuleReader {
  const untouched = verdicts.plain(-1, NO_KEY);
  const hidden = verdicts.plain(-1, 'its name begins with a digit, and torchao never asks about such a parameter');
  const states = createStates(applications);

  return (node) => {
    const visible: Visible[] = [];
    let position = 0;
    for (const own of node.own) {
      if (own.info.kind === 'buffer') continue;
      if (isHidden(own)) settle(own, hidden, '');
      else visible.push({ own, position });
      position++;
    }
    const selected = selects(keys, node, visible);
    if (selected !== true) {
      for (const { own } of visible) settle(own, untouched, '');
      return selected === false ? null : selected;
    }
    states.begin(node);
    const failure = handle(node, visible, keys, states);
    for (const own of node.own) {
      const { entry, because, tensorClass } = states.of(own);
      if (tensorClass !== null) settle(own, verdicts.config(entry, because), tensorClass);
      else if (own.info.kind !== 'buffer' && !isHidden(own)) settle(own, verdicts.plain(entry, because), '');
    }
    return failure;
  };
}

/** The handler for FqnToConfig, stage by stage as coded. */
function handle(node: ModuleNode, visible: readonly Visible[], keys: Keys, states: States): DialectFailure | null {
  const exact = handleExact(visible, keys, states);
  if (exact.failure !== null) return exact.failure;
  if (exact.found === -1) {
    const entry = keys.exact(node.fqn);
    if (entry !== -1) return states.applyToModule(entry, 'module');
  }
  const regex = handleRegexes(exact.remaining, keys, states);
  if (regex.failure !== null) return regex.failure;
  const found = Math.max(exact.found, regex.found);
  if (found !== -1) {
    for (const { own } of visible) if (states.of(own).because === NO_KEY) states.leave(own, found, ENDS_SEARCH);
    return null;
  }
  const entry = keys.firstRegex(node.fqn);
  if (entry === -1) return keys.defaultEntry === -1 ? null : states.applyToModule(keys.defaultEntry, 'default');
  const error = keys.broken.get(entry);
  return error === undefined ? states.applyToModule(entry, 'module-regex') : patternFailure(entry, error, node.fqn);
}

interface Stage {
  /** An entry whose key matches one of the parameters; -1 when none does. */
  readonly found: number;
  /** The parameters that the next stage asks about. */
  readonly remaining: readonly Visible[];
  readonly failure: DialectFailure | null;
}

function handleExact(visible: readonly Visible[], keys: Keys, states: States): Stage {
  let found = -1;
  let remaining: readonly Visible[] = visible;
  for (const { own, position } of visible) {
    const entry = keys.exact(own.info.name);
    if (entry === -1) continue;
    found = entry;
    if (!states.isNull(entry)) {
      const failure = states.apply(own, entry, 'parameter');
      if (failure !== null) return { found, remaining, failure };
      continue;
    }
    states.leave(own, entry, NULL_FROM.parameter);
    // By its place among all parameters, in a list that has become shorter: it may hit another one, or none.
    const removed = remaining[position];
    if (removed === undefined) {
      const failure = { error: 'IndexError', message: TOO_SHORT, at: own.info.name, entries: [entry] };
      return { found, remaining, failure };
    }
    remaining = remaining.filter((other) => other !== removed);
    if (removed.own !== own) states.leave(removed.own, entry, TAKEN_OUT);
  }
  return { found, remaining, failure: null };
}

function handleRegexes(remaining: readonly Visible[], keys: Keys, states: States): Stage {
  let found = -1;
  for (const { own } of remaining) {
    const first = keys.firstRegex(own.info.name);
    if (first === -1) continue;
    found = first;
    states.leave(own, first, NULL_FROM['parameter-regex']);
    // All that match, not the first alone. Nulls among them change nothing.
    for (const entry of keys.everyRegexWithConfig(own.info.name)) {
      const error = keys.broken.get(entry);
      const failure =
        error === undefined ? states.apply(own, entry, 'parameter-regex') : patternFailure(entry, error, own.info.name);
      if (failure !== null) return { found, remaining, failure };
    }
  }
  return { found, remaining, failure: null };
}

const ENDS_SEARCH = "a key of one of the module's parameters keeps torchao from asking the module's keys and _default";
const TOO_SHORT = 'torchao removes parameters with a null by position, and after the first one the list is too short';
const TAKEN_OUT = 'torchao takes it out of the search in place of another parameter that has a null';

// nn.Module leaves such names out of dir(). Python also counts a few superscripts as digits; no model has those.
const BEGINS_WITH_DIGIT = /^\p{Nd}/u;

function isHidden({ info }: OwnParameter): boolean {
  return BEGINS_WITH_DIGIT.test(info.parameter);
}
