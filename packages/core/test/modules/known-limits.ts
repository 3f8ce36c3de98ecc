import type { ModuleKind } from '../../src/index.ts';
import type { KnownTensor } from './module-fixtures.ts';

/** Where names and shapes do not tell what the class of a module says. */
export interface KnownLimit {
  readonly why: string;
  readonly families: readonly string[];
  readonly name: RegExp;
  readonly truth: ModuleKind;
  readonly derived: ModuleKind;
  /** The limit is gone when the model type is known. */
  readonly onlyWithoutModelType?: true;
}

export const KNOWN_LIMITS: readonly KnownLimit[] = [
  {
    why: 'a tied head stores its bias alone, and a bias without a weight says nothing of its module',
    families: ['convbert', 'distilbert', 'electra', 'modernbert', 'xlnet'],
    name: /^(?:decoder|generator_lm_head|lm_loss|vocab_projector)\.bias$/u,
    truth: 'linear',
    derived: 'other',
  },
  {
    why: 'a weight-normed convolution stores its weight as two parameters of another module',
    families: ['wav2vec2'],
    name: /\.pos_conv_embed\.conv\.bias$/u,
    truth: 'conv',
    derived: 'other',
  },
  {
    why: 'the file keeps three linears as one parameter; no module of that name is a linear',
    families: ['rf_detr', 'step3p7'],
    name: /\.in_proj_(?:weight|bias)$/u,
    truth: 'linear',
    derived: 'other',
  },
  {
    why: 'named as in torch MultiheadAttention, of which torchao passes over the output projection',
    families: ['rf_detr', 'step3p7'],
    name: /\.out_proj\.(?:weight|bias)$/u,
    truth: 'linear',
    derived: 'other',
    onlyWithoutModelType: true,
  },
  {
    why: 'a router that this family keeps as a linear; twenty others keep one of that name as a bare parameter',
    families: ['afmoe', 'jetmoe', 'llama4', 'phimoe'],
    name: /\.(?:router|gate|router\.layer)\.weight$/u,
    truth: 'linear',
    derived: 'other',
    onlyWithoutModelType: true,
  },
  {
    why: 'a correction that this family trains; others keep it in a buffer of that name',
    families: ['afmoe', 'ernie4_5_moe'],
    name: /\.(?:expert_bias|e_score_correction_bias)$/u,
    truth: 'other',
    derived: 'buffer',
    onlyWithoutModelType: true,
  },
  {
    why: 'batch norms whose weight and bias are buffers look like trained ones',
    families: ['rt_detr'],
    name: /\.normalization\.(?:weight|bias)$/u,
    truth: 'buffer',
    derived: 'norm',
    onlyWithoutModelType: true,
  },
  {
    why: 'fixed constants that other families train',
    families: ['apertus', 'sam2'],
    name: /\.(?:act_fn\.(?:beta|eps)|positional_embedding)$|^shared_image_embedding\./u,
    truth: 'buffer',
    derived: 'other',
    onlyWithoutModelType: true,
  },
  {
    why: 'seven embeddings told apart by a number that is part of the word',
    families: ['tapas'],
    name: /\.token_type_embeddings_\d\.weight$/u,
    truth: 'embedding',
    derived: 'linear',
    onlyWithoutModelType: true,
  },
  {
    why: 'an embedding kept under its parent, as vision models keep positions that are no embedding module',
    families: ['step3p7'],
    name: /^vision_model\.positional_embedding$/u,
    truth: 'embedding',
    derived: 'other',
    onlyWithoutModelType: true,
  },
  {
    why: 'a stack of experts under the name and shape of a convolution',
    families: ['jetmoe'],
    name: /\.mlp\.(?:input|output)_linear\.weight$/u,
    truth: 'experts',
    derived: 'conv',
    onlyWithoutModelType: true,
  },
  {
    why: 'one matrix for each codebook, stacked like a convolution',
    families: ['csm'],
    name: /^depth_decoder\.codebooks_head\.weight$/u,
    truth: 'other',
    derived: 'conv',
    onlyWithoutModelType: true,
  },
];

export function limitFor(
  family: string,
  tensor: KnownTensor,
  derived: ModuleKind,
  hasModelType: boolean,
): KnownLimit | undefined {
  return KNOWN_LIMITS.find(
    (limit) =>
      limit.families.includes(family) &&
      limit.name.test(tensor.name) &&
      limit.truth === tensor.kind &&
      limit.derived === derived &&
      !(hasModelType && limit.onlyWithoutModelType === true),
  );
}
