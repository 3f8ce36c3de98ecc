import type { ParameterInfo } from '@fewbit/core';
import type { Applications } from '../handlers/applications.ts';
import { raised, type Application } from '../handlers/handler.ts';
import type { InMemoryParameter } from './in-memory.ts';

/** What `quantize_` does when transformers calls it for one parameter: for `weight` on the module, for others by a key. */
export function convert(
  info: ParameterInfo,
  entry: number,
  applications: Applications,
  hasBias: (parameter: ParameterInfo) => boolean,
): Application {
  const handler = applications.handler(entry);
  if (info.parameter !== 'weight') {
    if (/^\p{Nd}/u.test(info.parameter)) {
      return { outcome: 'left', reason: 'its name begins with a digit, and torchao never asks about such a parameter' };
    }
    if (handler?.takesParameterName === false) {
      return raised('NotImplementedError', 'the config takes modules only, and this is a parameter other than weight');
    }
  }
  if (handler?.readsBias === true && !hasBias(info)) {
    return raised('AttributeError', 'the config reads the bias of the module, and the module has no such member');
  }
  const application = applications.apply(entry, info);
  return application.outcome === 'left'
    ? { outcome: 'left', reason: `its config leaves it as it is: ${application.reason}` }
    : application;
}

/** Tells whether a parameter's module has a member `bias`, be it None: linear layers and convolutions always have. */
export function createBiasFinder(parameters: readonly InMemoryParameter[]): (parameter: ParameterInfo) => boolean {
  let modules: Set<string> | null = null;
  return ({ module, kind }) => {
    if (kind === 'linear' || kind === 'conv1d' || kind === 'conv') return true;
    modules ??= new Set(parameters.flatMap(({ info }) => (info.parameter === 'bias' ? [info.module] : [])));
    return modules.has(module);
  };
}
