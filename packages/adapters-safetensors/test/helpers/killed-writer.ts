// Writes a checkpoint into a directory, slowly enough to be killed at any point of it; the parent says where.
import { safetensorsAdapter } from '@fewbit/adapters-safetensors';
import { createDirectorySink } from '@fewbit/adapters-safetensors/node';

const [target = '', fill = '1'] = process.argv.slice(2);
const tensors = Array.from(
  { length: 6 },
  (_, index) => ({ parameter: { name: `t.${index}`, dtype: 'U8', shape: [50_000] }, quantizer: null }) as const,
);
const layout = safetensorsAdapter.layout(tensors, { maxShardBytes: 100_000 });
process.stdout.write('ready\n');
const sink = await createDirectorySink(target, { overwrite: true });
for (const { name, byteLength, head } of layout.files) {
  await sink.create(name, byteLength);
  await sink.write(name, 0, head);
}
for (const place of tensors.flatMap((_, tensor) => layout.outputsOf(tensor))) {
  const bytes = new Uint8Array(1000).fill(Number(fill));
  const file = layout.files[place.file]?.name ?? '';
  for (let at = 0; at < place.byteLength; at += bytes.byteLength) await sink.write(file, place.begin + at, bytes);
}
await sink.finish();
process.stdout.write('done\n');
