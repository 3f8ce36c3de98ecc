import { defineConfig } from 'vitest/config';

const conditions = ['@fewbit/source'];
export default defineConfig({ resolve: { conditions }, ssr: { resolve: { conditions } } });
