import { TIER_WORDS, type DialectFailure, type Tier } from '@fewbit/core';
import type { Applications } from '../handlers/applications.ts';
import type { ModuleNode, OwnParameter } from '../model/module-node.ts';
import { NO_KEY } from '../reading/verdicts.ts';

/** What a parameter has come to so far. */
export interface State {
  readonly entry: number;
  readonly because: string;
  /** Of the quantized tensor that it is; null while it is plain. */
  readonly tensorClass: string | null;
}

/** The parameters of one module while torchao's handler is at work. */
export interface States {
  /** Turns to another module. */
  readonly begin: (node: ModuleNode) => void;
  readonly of: (own: OwnParameter) => State;
  readonly isNull: (entry: number) => boolean;
  /** Records why a parameter that is still plain stays so. */
  readonly leave: (own: OwnParameter, entry: number, because: string) => void;
  /** Gives a parameter to an entry's config, by a key of the parameter. What that raises ends the job. */
  readonly apply: (own: OwnParameter, entry: number, tier: Tier) => DialectFailure | null;
  /** Gives the module to an entry: `weight` to its config, nothing for a null. As `apply`. */
  readonly applyToModule: (entry: number, tier: Tier) => DialectFailure | null;
}

const UNTOUCHED: State = { entry: -1, because: NO_KEY, tensorClass: null };

export function createStates(applications: Applications): States {
  const states: Map<OwnParameter, State> = new Map();
  let node: ModuleNode = { fqn: '', name: '', own: [], children: new Map() };
  const of = (own: OwnParameter): State => states.get(own) ?? UNTOUCHED;
  const isNull = (entry: number): boolean => applications.handler(entry) === null;

  function leave(own: OwnParameter, entry: number, because: string): void {
    if (of(own).tensorClass === null) states.set(own, { entry, because, tensorClass: null });
  }

  function give(own: OwnParameter | undefined, entry: number, tier: Tier, at: string): DialectFailure | null {
    const handler = applications.handler(entry);
    if (own === undefined) return failure(handler?.missing ?? 'AssertionError', NO_WEIGHT, at, [entry]);
    const { tensorClass, entry: earlier } = of(own);
    const entries = tensorClass === null ? [entry] : [earlier, entry];
    if (handler?.readsBias === true && !hasBias(node)) return failure('AttributeError', NO_BIAS, at, entries);
    const application = applications.apply(entry, own.info, tensorClass);
    switch (application.outcome) {
      case 'quantized':
        states.set(own, { entry, because: DECIDES[tier], tensorClass: application.tensorClass });
        return null;
      case 'left':
        leave(own, entry, `its config leaves it as it is: ${application.reason}`);
        return null;
      case 'raised':
        leave(own, entry, `its config raises ${application.error}: ${application.reason}`);
        return failure(application.error, `the config refuses it: ${application.reason}`, at, entries);
    }
  }

  return {
    begin: (next) => {
      states.clear();
      node = next;
    },
    of,
    isNull,
    leave,
    apply: (own, entry, tier) =>
      applications.handler(entry)?.takesParameterName === false
        ? failure('NotImplementedError', MODULES_ONLY, own.info.name, [entry])
        : give(own, entry, tier, own.info.name),
    applyToModule: (entry, tier) => {
      const isLeft = isNull(entry);
      const because = isLeft ? NULL_FROM[tier] : `${TIER_WORDS[tier]} decides, and it speaks only for weight`;
      for (const own of node.own) if (own.info.kind !== 'buffer') leave(own, entry, because);
      const weight = isLeft ? undefined : node.own.find(({ info }) => info.parameter === 'weight');
      return isLeft ? null : give(weight, entry, tier, node.fqn);
    },
  };
}

/** For each tier: that its null leaves the parameter alone. */
export const NULL_FROM: Readonly<Record<Tier, string>> = ofTiers((words) => `null from the ${words}`);
const DECIDES: Readonly<Record<Tier, string>> = ofTiers((words) => `${words} decides`);

function ofTiers(text: (words: string) => string): Readonly<Record<Tier, string>> {
  return {
    parameter: text(TIER_WORDS.parameter),
    module: text(TIER_WORDS.module),
    'parameter-regex': text(TIER_WORDS['parameter-regex']),
    'module-regex': text(TIER_WORDS['module-regex']),
    default: text(TIER_WORDS.default),
    none: text(TIER_WORDS.none),
  };
}

const NO_WEIGHT = 'a key reaches the module, and it has no weight';
const NO_BIAS = 'the config reads the bias of the module, and the module has no such member';
const MODULES_ONLY = 'the config takes keys of modules only, and a key of a parameter leads to it';

function failure(error: string, message: string, at: string, entries: readonly number[]): DialectFailure {
  return { error, message, at, entries };
}

/** Whether the module has a member `bias`, be it None: linear layers and convolutions always have. */
function hasBias({ own }: ModuleNode): boolean {
  return own.some(
    ({ info }) =>
      info.parameter === 'bias' ||
      (info.parameter === 'weight' && (info.kind === 'linear' || info.kind === 'conv1d' || info.kind === 'conv')),
  );
}
