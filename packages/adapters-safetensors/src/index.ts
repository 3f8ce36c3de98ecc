export { safetensorsAdapter } from './layout/safetensors-adapter.ts';
