import { TIER_WORDS, type DialectFailure, type Tier } from '@fewbit/core';
import type { Applications } from '../handlers/applications.ts';
import type { ModuleNode, OwnParameter } from '../model/module-tree.ts';
import type { Keys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';
import { NO_KEY } from '../reading/verdicts.ts';

/** torchao raises on a module. */
export class ModuleRaised extends Error {
  readonly failure: DialectFailure;

  constructor(failure: DialectFailure) {
    super(failure.message);
    this.name = 'ModuleRaised';
    this.failure = failure;
  }
}

/** What a parameter has come to so far. */
export interface State {
  readonly entry: number;
  readonly because: string;
  /** Of the quantized tensor that it is; null while it is plain. */
  readonly tensorClass: string | null;
}

/** The parameters of one module while torchao's handler is at work. */
export interface States {
  readonly of: (own: OwnParameter) => State;
  readonly isNull: (entry: number) => boolean;
  /** Records why a parameter that is still plain stays so. */
  readonly leave: (own: OwnParameter, entry: number, because: string) => void;
  /**
   * Gives a parameter to an entry's config, by a key of the parameter.
   *
   * @throws ModuleRaised where the config raises.
   */
  readonly apply: (parameter: string, entry: number, because: string, at: string) => void;
  /** Gives the module to an entry: `weight` to its config, nothing for a null. Throws as `apply`. */
  readonly applyToModule: (entry: number, tier: Tier) => void;
  /** @throws ModuleRaised */
  readonly raiseIfBroken: (keys: Keys, entry: number, at: string) => void;
}

const UNTOUCHED: State = { entry: -1, because: NO_KEY, tensorClass: null };

export function createStates(node: ModuleNode, applications: Applications): States {
  const states: Map<OwnParameter, State> = new Map();
  const of = (own: OwnParameter): State => states.get(own) ?? UNTOUCHED;
  const isNull = (entry: number): boolean => applications.handler(entry) === null;

  function leave(own: OwnParameter, entry: number, because: string): void {
    if (of(own).tensorClass === null) states.set(own, { entry, because, tensorClass: null });
  }

  function give(parameter: string, entry: number, because: string, at: string): void {
    const raise = (error: string, message: string): never => {
      throw new ModuleRaised({ error, message, at, entries: [...earlier, entry] });
    };
    const handler = applications.handler(entry);
    const own = node.own.find(({ info }) => info.parameter === parameter);
    const earlier = own !== undefined && of(own).tensorClass !== null ? [of(own).entry] : [];
    if (own === undefined) return raise(handler?.missing ?? 'AssertionError', `the module has no ${parameter}`);
    if (handler?.readsBias === true && !hasBias(node)) {
      return raise('AttributeError', 'the config reads the bias of the module, and the module has no such member');
    }
    const application = applications.apply(entry, own.info, of(own).tensorClass);
    switch (application.outcome) {
      case 'quantized':
        states.set(own, { entry, because, tensorClass: application.tensorClass });
        return;
      case 'left':
        leave(own, entry, `its config leaves it as it is: ${application.reason}`);
        return;
      case 'raised':
        leave(own, entry, `its config raises ${application.error}: ${application.reason}`);
        return raise(application.error, `the config refuses it: ${application.reason}`);
    }
  }

  return {
    of,
    isNull,
    leave,
    apply: (parameter, entry, because, at) => {
      if (applications.handler(entry)?.takesParameterName === false) {
        const message = 'the config takes keys of modules only, and a key of a parameter leads to it';
        throw new ModuleRaised({ error: 'NotImplementedError', message, at, entries: [entry] });
      }
      give(parameter, entry, because, at);
    },
    applyToModule: (entry, tier) => {
      const others = isNull(entry)
        ? `null from the ${TIER_WORDS[tier]}`
        : `${TIER_WORDS[tier]} decides, and it speaks only for weight`;
      for (const own of node.own) if (own.info.kind !== 'buffer') leave(own, entry, others);
      if (!isNull(entry)) give('weight', entry, `${TIER_WORDS[tier]} decides`, node.fqn);
    },
    raiseIfBroken: (keys, entry, at) => {
      const error = keys.broken.get(entry);
      if (error !== undefined) throw new ModuleRaised(patternFailure(entry, error, at));
    },
  };
}

/** Whether the module has a member `bias`, be it None: linear layers and convolutions always have. */
function hasBias({ own }: ModuleNode): boolean {
  return own.some(
    ({ info }) =>
      info.parameter === 'bias' ||
      (info.parameter === 'weight' && (info.kind === 'linear' || info.kind === 'conv1d' || info.kind === 'conv')),
  );
}
