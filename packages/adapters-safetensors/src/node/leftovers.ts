import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { codeOf, writeError } from './system-error.ts';

/**
 * Names beside a target that belong to fewbit: `.NAME.fewbit-<16 hex digits>.partial` grows, `.replaced` is what an
 * overwriting run moved aside. A dot hides them, and no loader takes them for the target.
 */
const SUFFIX = /^\.fewbit-[0-9a-f]{16}\.(partial|replaced)$/;

/** A name may have 255 bytes; the target's part of it is cut to this many characters. */
const NAME_CHARACTERS = 60;

/** Paths for one run's temporary directory and for what it replaces. */
export function temporaryPaths(target: string): { readonly partial: string; readonly replaced: string } {
  const stem = join(dirname(target), `${stemOf(target)}.fewbit-${randomBytes(8).toString('hex')}`);
  return { partial: `${stem}.partial`, replaced: `${stem}.replaced` };
}

function stemOf(target: string): string {
  return `.${Array.from(basename(target)).slice(0, NAME_CHARACTERS).join('')}`;
}

/** What a killed run left beside a target. */
export interface Leftover {
  readonly path: string;
  /** `partial`: an unfinished output. `replaced`: the old target, moved aside and not yet removed. */
  readonly kind: 'partial' | 'replaced';
}

/**
 * Temporary directories of runs into this target that are under way, or were killed.
 *
 * @throws WriteError when the directory cannot be listed.
 */
export async function listLeftovers(target: string): Promise<readonly Leftover[]> {
  const parent = dirname(target);
  const stem = stemOf(target);
  const names = await readdir(parent).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw writeError('the directory cannot be listed', parent, error);
  });
  return names.flatMap((name): Leftover | [] => {
    const kind = name.startsWith(stem) ? SUFFIX.exec(name.slice(stem.length))?.[1] : undefined;
    return kind === undefined ? [] : { path: join(parent, name), kind: kind === 'partial' ? 'partial' : 'replaced' };
  });
}

/**
 * Removes what killed runs left beside a target. A target that was moved aside and never replaced gets its name back.
 * Only to be called when no other run writes to the target.
 *
 * @returns What was there.
 * @throws WriteError when something cannot be removed.
 */
export async function cleanLeftovers(target: string): Promise<readonly Leftover[]> {
  const leftovers = await listLeftovers(target);
  for (const { path, kind } of leftovers) {
    try {
      if (kind === 'replaced' && !(await exists(target))) await rename(path, target);
      else await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw writeError('a leftover cannot be removed', path, error);
    }
  }
  return leftovers;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
