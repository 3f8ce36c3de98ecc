// @boundaries-ignore how all tests run, not code of this package
export { sourceTests as default } from '../../vitest.base.ts';
