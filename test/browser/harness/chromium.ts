import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns The path of a Chromium: `FEWBIT_CHROMIUM`, or the first on the PATH; null where there is none. */
export function findChromium(): string | null {
  const given = process.env.FEWBIT_CHROMIUM;
  if (given !== undefined) return given;
  const places = (process.env.PATH ?? '').split(delimiter);
  return places.flatMap((place) => NAMES.map((name) => join(place, name))).find(runs) ?? null;
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Flags that give pages WebGPU on a software adapter; without them a headless Chromium has none. */
export const SOFTWARE_WEBGPU: readonly string[] = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** @throws Error where there is no Chromium. */
export async function openChromium(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) {
    throw new Error('there is no Chromium: install one (Debian: apt-get install chromium) or set FEWBIT_CHROMIUM');
  }
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...flags] });
}
