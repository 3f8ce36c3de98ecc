import { rolldown } from 'rolldown';

/** Bundles a module, to be called as /main.js, from this repository's sources, as a bundler of an app would. Paths begin with a slash. */
export async function bundle(entry: string): Promise<Readonly<Record<string, string | Uint8Array>>> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    resolve: { conditionNames: ['@fewbit/source', 'import', 'default'] },
  });
  const { output } = await build.generate({ format: 'esm', entryFileNames: 'main.js' });
  await build.close();
  return Object.fromEntries(
    output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  );
}
