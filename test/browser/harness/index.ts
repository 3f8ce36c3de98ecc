export { bundle } from './bundle.ts';
export { findChromium, openChromium, SOFTWARE_WEBGPU } from './chromium.ts';
export { serve, type Served, type Site } from './serve.ts';
export { call, visit } from './visit.ts';
