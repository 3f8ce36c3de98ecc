import { join } from 'node:path';
import { run } from './measure.ts';
import type { Section } from './section.ts';

/** Sets of patterns against loops over RegExp, re2js and Python's re: the benchmark that lies with the package. */
export const pythonReSection: Section = {
  name: 'python-re',
  run: async ({ root }) => {
    const script = join(root, 'packages/python-re/bench/run.ts');
    return (await run(process.execPath, [script])).output;
  },
};
