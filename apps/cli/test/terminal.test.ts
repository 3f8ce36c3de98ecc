import { describe, expect, it } from 'vitest';
import { table } from '../src/render/table.ts';
import { bytesText, progressBar, progressLine } from '../src/terminal.ts';

describe('progressLine', () => {
  it('shows share, rate and time left', () => {
    const line = progressLine({ doneBytes: 512 * 2 ** 20, totalBytes: 2 ** 30 }, 4);
    expect(line).toBe('████████████░░░░░░░░░░░░  50 %  512 MiB of 1.00 GiB  128 MiB/s  00:04 left');
  });

  it('does not divide by nothing at the start', () => {
    expect(progressLine({ doneBytes: 0, totalBytes: 0 }, 0)).toContain('--:-- left');
  });
});

describe('progressBar', () => {
  it('writes nothing where there is no terminal, so that logs stay clean', () => {
    let written = '';
    const bar = progressBar({
      err: (text) => (written += text),
      interactive: false,
    });
    bar.update({ doneBytes: 1, totalBytes: 2 });
    bar.end();
    expect(written).toBe('');
  });

  it('redraws its line in place on a terminal', () => {
    let written = '';
    const bar = progressBar({
      err: (text) => (written += text),
      interactive: true,
    });
    bar.update({ doneBytes: 1, totalBytes: 2 });
    bar.end();
    expect(written).toMatch(/^\r.*50 %.*\n$/);
  });
});

describe('bytesText', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.50 KiB'],
    [20 * 2 ** 20, '20.0 MiB'],
    [3 * 2 ** 40, '3.00 TiB'],
  ])('%i is %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

describe('table', () => {
  it('aligns columns and leaves no trailing space', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['a', '10'],
          ['bcdef', '1'],
        ],
        [1],
      ),
    ).toBe('name    n\n─────  ──\na      10\nbcdef   1\n');
  });
});
