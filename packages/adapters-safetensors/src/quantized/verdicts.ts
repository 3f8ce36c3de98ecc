import { shown } from '../json/checkpoint-json.ts';
import type { QuantizationConfig } from './quantization-config.ts';
import type { CheckpointFinding, Consumer } from './finding.ts';

/** Whether a loader can load the checkpoint, as far as headers and config tell. */
export interface LoadVerdict {
  readonly consumer: Consumer;
  /** `nothing-found`: nothing was found that would stop it, which is no promise. */
  readonly verdict: 'no' | 'nothing-found' | 'unknown';
  /** Why, in words; for `nothing-found` what the loader needs beside itself. */
  readonly reasons: readonly string[];
}

// What transformers 5.24 asks for before it loads a checkpoint of a method.
const NEEDS: ReadonlyMap<string, string> = new Map([
  ['torchao', 'torchao'],
  ['gptq', 'optimum and gptqmodel'],
  ['awq', 'gptqmodel and accelerate'],
  ['bitsandbytes', 'bitsandbytes and accelerate'],
  ['compressed-tensors', 'compressed-tensors'],
  ['fp8', 'accelerate; it turns weights into bfloat16 where there is no GPU that takes FP8'],
  ['mxfp8', 'accelerate; it turns weights into bfloat16 where there is no GPU that takes FP8'],
  ['fbgemm_fp8', 'fbgemm-gpu, accelerate and a GPU'],
  ['mxfp4', 'accelerate; it turns weights into bfloat16 where kernels or a GPU are missing'],
  ['auto-round', 'auto-round'],
  ...['aqlm', 'quanto', 'quark', 'fouroversix', 'fp_quant', 'eetq', 'higgs', 'hqq', 'bitnet', 'vptq', 'spqr'].map(
    (method): [string, string] => [method, 'the package of that method'],
  ),
  ...['nvfp4', 'metal', 'sinq', 'gemma'].map((method): [string, string] => [method, 'the package of that method']),
]);

export interface Judged {
  readonly formats: readonly string[];
  readonly quantization: QuantizationConfig | null;
  readonly hasConfig: boolean;
  readonly findings: readonly CheckpointFinding[];
}

export function judgeLoading(judged: Judged): readonly LoadVerdict[] {
  const verdicts: LoadVerdict[] = [];
  // torchao's own loader reads nothing else.
  if (judged.formats.includes('torchao')) verdicts.push(judge('torchao', judged, []));
  verdicts.push(transformersVerdict(judged));
  return verdicts;
}

function judge(consumer: Consumer, { findings }: Judged, needs: readonly string[]): LoadVerdict {
  const stopping = findings.filter(({ severity, stops }) => severity === 'error' && stops.includes(consumer));
  if (stopping.length === 0) return { consumer, verdict: 'nothing-found', reasons: needs };
  return { consumer, verdict: 'no', reasons: stopping.map(({ message }) => message) };
}

function transformersVerdict(judged: Judged): LoadVerdict {
  const { quantization, formats, hasConfig } = judged;
  const method = quantization?.method ?? '';
  const needs = NEEDS.get(method);
  const stopped = judge('transformers', judged, quantization === null ? [] : [`needs ${needs ?? method}`]);
  if (stopped.verdict === 'no') return stopped;
  const unknown = (reason: string): LoadVerdict => ({ ...stopped, verdict: 'unknown', reasons: [reason] });
  if (!hasConfig) return unknown('there is no config.json to tell transformers what the model is');
  if (quantization === null) return formats.length === 0 ? stopped : unknown('the config does not name a quantization');
  if (needs === undefined) {
    return unknown(`transformers 5.24 knows no quantization method ${shown(method)}`);
  }
  return stopped;
}
