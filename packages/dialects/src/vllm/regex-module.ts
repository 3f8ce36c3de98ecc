/**
 * Says what in a pattern vLLM may read otherwise: it matches with the third-party `regex` module, in its default (V0) mode.
 * That reads nearly all of `re`'s syntax as `re` does. Three things are plain text or a plain set to `re` and more to it.
 *
 * @param pattern - Without the `re:` before it.
 * @returns A sentence without a full stop; null when nothing of the kind is there.
 */
export function regexModuleDifference(pattern: string): string | null {
  if (/\[\^?\[:\^?\w+:\]/.test(pattern)) {
    return 'it has a POSIX class such as [[:alpha:]], which is an ordinary set of characters to re';
  }
  // {e<=1}, {i}, {1<=s<3}: an approximate match. Braces that count, {2} or {2,3}, mean the same to both.
  const braces = withoutEscapes(pattern).match(/\{[^{}]*\}/g) ?? [];
  if (braces.some((text) => /[deis]/.test(text))) {
    return 'it has braces with letters in them, which are plain text to re and may ask for an approximate match in regex';
  }
  if (/\(\?\||\(\*(?:PRUNE|SKIP|FAIL|F)\)/.test(pattern)) {
    return 'it has a construct that re does not know, a branch reset or a verb';
  }
  return null;
}

/** Without what names and properties put into braces: `\N{…}`, `\p{…}`. */
function withoutEscapes(pattern: string): string {
  return pattern.replaceAll(/\\[NpP]\{[^}]*\}|\\./gs, '');
}
