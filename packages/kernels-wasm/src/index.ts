export { createWasmBackend, wasmBackend, type WasmBackend, type WasmBackendOptions } from './backend.ts';
export type { ModuleVariant } from './module/choose.ts';
