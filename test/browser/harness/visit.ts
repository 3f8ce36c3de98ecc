import type { Browser, Page } from 'playwright-core';
import { serve, type Site } from './serve.ts';

/**
 * Opens a site (an empty page, if it has none at its root), hands it to `use` and closes it.
 *
 * @param onLine Gets what the page says on its console.
 * @throws Error with all errors of the page, if it had any.
 */
export async function visit<T>(
  browser: Browser,
  site: Site,
  use: (page: Page) => Promise<T>,
  onLine: (line: string) => void = () => undefined,
): Promise<T> {
  const files = { '/': '<!doctype html><title>fewbit</title><link rel="icon" href="data:," />', ...site.files };
  const { url, close } = await serve({ ...site, files });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    page.on('console', (message) => {
      onLine(message.text());
    });
    await page.goto(`${url}/`);
    const result = await use(page);
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('\n'));
    return result;
  } finally {
    await context.close();
    await close();
  }
}

/** Calls what the bundle at /main.js exports, with and for plain data. */
export async function call(page: Page, name: string, argument: unknown): Promise<unknown> {
  // As text: a test runner would put an import of its own in the place of this one.
  return page.evaluate(`import('/main.js').then((module) => module.${name}(${JSON.stringify(argument)}))`);
}
