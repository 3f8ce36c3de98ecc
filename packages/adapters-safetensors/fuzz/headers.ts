// Reads 100,000 mutated headers, or as many as the first argument says, from the number that the second says.
import { checkReading, mutatedFile } from '../test/helpers/mutations.ts';

const count = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? 0);
let accepted = 0;
for (let number = first; number < first + count; number++) {
  try {
    if (await checkReading(mutatedFile(number))) accepted += 1;
  } catch (error) {
    process.stderr.write(`mutation ${number}: ${String(error)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(`${count} mutated headers: ${accepted} read, ${count - accepted} not\n`);
