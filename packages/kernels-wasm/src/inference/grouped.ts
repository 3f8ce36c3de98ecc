import type { LinearFamily } from './family.ts';

/** Codes in groups along a row, under int8 activations. */
export const groupedFamily: LinearFamily = {
  takes: () => false,
  load: () => {
    throw new Error('not built yet');
  },
};
