import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, type Bundle } from './bundle.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bytes, gzipped: what a visitor waits for. Most of it is Python's `re`. */
const MOST_GZIPPED = 41_000;

function check(...args: string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const command = ['--conditions=@fewbit/source', here('check.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
    });
  });
}

describe('the check of the build', () => {
  it('passes when every key decides something on the model', async () => {
    expect(await check()).toEqual({ code: 0, output: '3 of 3 keys decide about 30 tensors\n' });
  });

  it('fails with the nearest name when a key is dead, before anybody ships it', async () => {
    const { code, output } = await check(here('recipe-with-a-typo.json'));
    expect(code).toBe(1);
    expect(output).toContain('lm_heed: unmatched; did you mean lm_head?');
  });
});

/** What the page uses of a document, without a browser: events are called by hand. */
interface StubElement {
  value: string;
  textContent: string;
}

interface StubPage {
  readonly names: StubElement;
  readonly result: StubElement;
  readonly fire: (target: 'document' | 'names', type: string, event?: unknown) => void;
}

function openPage({ code }: Bundle): StubPage {
  const listeners: Map<string, (event: unknown) => void> = new Map();
  const stub = (id: string) => ({
    value: '',
    textContent: '',
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(`${id} ${type}`, listener),
  });
  const elements = { names: stub('names'), result: stub('result') };
  const document = {
    ...stub('document'),
    getElementById: (id: string) => (id === 'names' || id === 'result' ? elements[id] : null),
  };
  runInNewContext(code, { document, TextDecoder, DataView, Uint8Array });
  return { ...elements, fire: (target, type, event) => listeners.get(`${target} ${type}`)?.(event) };
}

describe('the page', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await bundlePage(['@fewbit/source']);
  });

  it('holds the matcher and nothing of configs, kernels, plans or JSON readers', () => {
    const paths = [...bundle.modules].flatMap(([path, length]) => (length > 0 ? [path.replaceAll('\\', '/')] : []));
    expect(paths.some((path) => path.endsWith('core/src/matcher/matcher.ts'))).toBe(true);
    const foreign =
      /packages\/(?:configs|kernels-\w+|dialects|recipe-lint)\/|core\/src\/(?:reference|execute|plan|recipe\/(?:json|parse)|contracts|testing)|momoa/;
    expect(paths.filter((path) => foreign.test(path))).toEqual([]);
    expect(bundle.code).not.toContain('WeightOnlyTensor');
  });

  it(`stays under ${MOST_GZIPPED} bytes gzipped`, () => {
    expect(bundle.gzippedBytes).toBeLessThan(MOST_GZIPPED);
  });

  it('resolves names as they are typed', () => {
    const page = openPage(bundle);
    page.names.value = 'model.layers.7.self_attn.q_proj.weight\n\nlm_head.weight\nmodel.norm.weight';
    page.fire('names', 'input');
    expect(page.result.textContent.split('\n')).toEqual([
      expect.stringMatching(/q_proj\.weight: gets Int8WeightOnlyConfig from "re:model/) as string,
      expect.stringContaining('lm_head.weight: left alone: null from "lm_head"') as string,
      expect.stringContaining('model.norm.weight: left alone: no key matches') as string,
    ]);
  });

  it('reads the header of a dropped file, and shows what is wrong with one that is none', async () => {
    const page = openPage(bundle);
    const bytes = await readFile(here('../tiny-llama/model/model-00001-of-00002.safetensors'));
    const drop = (file: File): void => {
      page.fire('document', 'drop', { preventDefault: () => undefined, dataTransfer: { files: [file] } });
    };
    drop(new File([bytes], 'model.safetensors'));
    await expect.poll(() => page.result.textContent).toContain('gets Int4WeightOnlyConfig');
    drop(new File(['not safetensors, but long enough'], 'other.bin'));
    await expect.poll(() => page.result.textContent).toContain('probably not a safetensors file');
  });
});
