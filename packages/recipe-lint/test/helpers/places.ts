import type { EntryPlace, RecipePlaces, TextSpan } from '../../src/index.ts';

/** STUB until core's parseRecipe returns places. */
export function placesOf(text: string): RecipePlaces {
  let at = 0;
  const maps: Map<string, EntryPlace[]> = new Map();
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const string = (): TextSpan => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return { start, end: ++at };
  };
  const value = (path: string): TextSpan => {
    skip();
    const start = at;
    const c = text[at];
    if (c === '"') return string();
    if (c === '{' || c === '[') {
      const close = c === '{' ? '}' : ']';
      const members: EntryPlace[] = [];
      at++;
      skip();
      while (text[at] !== close) {
        skip();
        if (c === '{') {
          const key = string();
          skip();
          at++;
          const name = JSON.parse(text.slice(key.start, key.end)) as string;
          members.push({ key, value: value(`${path}/${name}`) });
        } else value(`${path}/[]`);
        skip();
        if (text[at] === ',') at++;
        skip();
      }
      at++;
      if (c === '{') maps.set(path, members);
      return { start, end: at };
    }
    while (/[^\s,}\]]/.test(text[at] ?? ' ')) at++;
    return { start, end: at };
  };
  value('');
  const nested = [...maps.entries()]
    .filter(([path]) => /\/_data\/(?:module_)?fqn_to_config$/.test(path))
    .map(([, map]) => map);
  const [places = maps.get('') ?? [], repeatedPlaces = null] = nested;
  return { places, repeatedPlaces };
}
