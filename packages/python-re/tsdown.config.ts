import { defineConfig } from 'tsdown';
// @boundaries-ignore how all libraries are built, not code of this one
import { libraryOptions } from '../../tsdown.base.ts';

export default defineConfig({
  ...libraryOptions('src/index.ts', 'src/names/index.ts'),
  // Pages that only try a pattern load all of it. Names stay, so that what is thrown can be read.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
