/** node bench/quick.ts [real|hard] [keys] [js]: seconds for the names of DeepSeek-V3, build included. */
import { compileSet } from '@fewbit/python-re';
import { deepSeekV3, million } from './names.ts';
import { hardRecipe, realRecipe } from './recipes.ts';

const [kind = 'real', size = '500', other = ''] = process.argv.slice(2);
const keys = (kind === 'real' ? realRecipe : hardRecipe)(Number(size));
const names = other.includes('m') ? million() : deepSeekV3();
let total = 0;
for (const name of names) total += name.charCodeAt(name.length - 1);
const cpu = (): number => process.cpuUsage().user / 1000;
const run = (what: string, make: () => (name: string) => number): void => {
  const t0 = cpu();
  const first = make();
  const t1 = cpu();
  let hash = 0;
  for (const name of names) hash = (Math.imul(hash, 31) + first(name)) | 0;
  const t2 = cpu();
  process.stdout.write(
    `${kind} ${size} ${what}: build ${(t1 - t0).toFixed(0)} ms, ${names.length} names ${(t2 - t1).toFixed(0)} ms, hash ${hash}\n`,
  );
};
run('fewbit', () => {
  const set = compileSet(keys);
  return (name) => set.firstFullmatch(name);
});
if (other.includes('j')) {
  run('js', () => {
    const list = keys.map((key) => new RegExp(`^(?:${key})$`));
    return (name) => list.findIndex((re) => re.test(name));
  });
}
if (total < 0) process.exitCode = 1;
