import * as assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';

import { commandLine, expectRules, file, open, revision, serverProcess, until } from './editor';

describe('Restricted Mode', () => {
  it('is on', () => {
    assert.equal(vscode.workspace.isTrusted, false);
  });

  it('reads with the bundled server', async () => {
    const { document } = await open(revision('0002_index'));
    await expectRules(document.uri, ['blocking-index']);
    assert.match(commandLine(await until('a server', serverProcess)), / -I .* -S .*launch\.py server/);
  });

  it('runs nothing of the folder: not its interpreter, not what its settings name, not its modules', async () => {
    assert.ok(existsSync(file('.venv/bin/python').fsPath), 'the trap is there');
    await vscode.commands.executeCommand('foreshot.restart');
    await until('a server', serverProcess);
    assert.ok(!existsSync(file('RAN').fsPath), 'something of the folder ran');
  });

  it('does not migrate anything', async () => {
    await vscode.commands.executeCommand('foreshot.upgradeTo').then(undefined, () => undefined);
    assert.equal(vscode.window.terminals.length, 0);
    assert.ok(!existsSync(file('RAN').fsPath));
  });
});
