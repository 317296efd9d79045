import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

import { EXTENSION, file, open, serverProcess } from './editor';

describe('a workspace without Alembic', () => {
  it('does not wake the extension', async () => {
    await open(file('main.py'));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal(vscode.extensions.getExtension(EXTENSION)?.isActive, false);
    assert.equal(serverProcess(), undefined);
  });
});
