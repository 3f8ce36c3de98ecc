/**
 * What kind of module a parameter belongs to, as far as names and shapes can tell.
 *
 * - `linear`: owns a 2-D `weight` of shape [out, in]; the only kind that `_default` reaches.
 * - `embedding`: a table of token, position or type vectors.
 * - `conv1d`: GPT-2's transposed linear, a 2-D `weight` of shape [in, out]. Not `linear` to torchao.
 * - `conv`: a convolution, whose `weight` has three dimensions or more.
 * - `norm`: a normalisation, whose `weight` has one dimension.
 * - `experts`: a stack of experts kept as parameters of three dimensions, under names other than `weight`.
 * - `buffer`: not a parameter at all (`inv_freq`, `running_mean`): torchao never sees it, so no key selects it.
 * - `other`: anything else.
 */
export type ModuleKind = 'linear' | 'embedding' | 'conv1d' | 'conv' | 'norm' | 'experts' | 'buffer' | 'other';
