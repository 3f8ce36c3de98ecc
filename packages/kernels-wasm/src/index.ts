export { createWasmBackend, wasmBackend, type WasmBackendOptions } from './backend.ts';
export type { ModuleVariant } from './module/choose.ts';
