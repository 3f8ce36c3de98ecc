// @boundaries-ignore how all libraries are built, not code of this one
import { libraryBuild } from '../../tsdown.base.ts';

export default libraryBuild('src/index.ts');
