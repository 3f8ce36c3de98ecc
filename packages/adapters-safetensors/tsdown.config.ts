import { libraryBuild } from '../../tsdown.base.ts';

export default libraryBuild('src/index.ts', 'src/node.ts', 'src/web.ts');
