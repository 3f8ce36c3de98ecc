// What the served page runs: the button measures this browser's adapter.
import { measure } from './page-part.ts';
import { tableOf } from './table.ts';

const JOB = { features: 4096, bytes: 512 * 2 ** 20 };

const button = document.createElement('button');
const output = document.createElement('pre');
button.textContent = `Measure this adapter (layers of ${JOB.features} x ${JOB.features}, ${JOB.bytes / 2 ** 20} MiB of weights in turn)`;
button.addEventListener('click', () => {
  button.disabled = true;
  output.textContent = 'measuring: some seconds on a GPU, many minutes on a software adapter';
  measure(JOB)
    .then(tableOf, String)
    .then((text) => {
      output.textContent = text;
      button.disabled = false;
    })
    .catch(console.error);
});
document.body.append(button, output);
