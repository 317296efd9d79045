import { readFile } from 'node:fs/promises';
import assert from 'node:assert/strict';

import { sleep } from '../workbench.mjs';

/** Wait until a file on disk has a text. */
export async function onDisk(file, wanted, patience = 15_000) {
  let text = '';
  for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
    text = await readFile(file, 'utf8').catch(() => '');
    if (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted)) return text;
  }
  assert.fail(`${file} lacks ${String(wanted)}:\n${text}`);
}
