import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';

import { compiledFolder, forgetOthers } from '../src/server/compiled';

describe('what Python has compiled', () => {
  it('of other versions is taken away, of this one kept', async () => {
    const storage = mkdtempSync(path.join(os.tmpdir(), 'foreshot-compiled-'));
    try {
      for (const version of ['0.1.0', '0.2.0']) {
        mkdirSync(path.join(compiledFolder(storage, version), 'deep'), { recursive: true });
        writeFileSync(path.join(compiledFolder(storage, version), 'deep/module.pyc'), '');
      }
      writeFileSync(path.join(storage, 'something else'), '');
      await forgetOthers(compiledFolder(storage, '0.2.0'));
      assert.deepEqual(readdirSync(storage).sort(), ['pycache', 'something else']);
      assert.deepEqual(readdirSync(path.join(storage, 'pycache')), ['0.2.0']);
    } finally {
      rmSync(storage, { recursive: true, force: true });
    }
  });

  it('may not be there yet', async () => {
    await forgetOthers(compiledFolder(path.join(os.tmpdir(), 'foreshot-not-there'), '0.1.0'));
  });
});
