import { defineConfig, type UserConfig } from 'tsdown';

/** How every library is built: modern modules for Node and browsers, with types. `entry` names the files that `exports` does. */
export function libraryBuild(...entry: string[]): ReturnType<typeof defineConfig> {
  return defineConfig(libraryOptions(...entry));
}

/** The options of `libraryBuild`, for a library that adds some of its own. */
export function libraryOptions(...entry: string[]): UserConfig {
  return {
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    dts: true,
    sourcemap: true,
    fixedExtension: false,
    // The sources are shipped too, with their comments. Annotations stay: without them a bundler must keep every constant.
    outputOptions: { comments: { legal: false, jsdoc: false, annotation: true } },
    // Only entry points that say so in their name use the platform.
    deps: { neverBundle: [/^node:/] },
  };
}
