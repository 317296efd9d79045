import * as assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

import { commandLine, expectRules, isServers, open, replace, revert, revision, rules, serverProcess, until } from './editor';

const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('foreshot');

async function newProcess(old: number): Promise<number> {
  return until('another server process', () => {
    const pid = serverProcess();
    return pid === old ? undefined : pid;
  });
}

/** All findings of the workspace, in a form that can be compared. */
function everything(): string {
  return vscode.languages
    .getDiagnostics()
    .flatMap(([uri, found]) => found.filter(isServers).map((one) => `${uri.path} ${JSON.stringify([one.range, one.message])}`))
    .sort()
    .join('\n');
}

describe('the server', () => {
  it('runs isolated', () => {
    const pid = serverProcess();
    assert.ok(pid);
    assert.match(commandLine(pid), / -I /);
  });

  it('takes a change of the settings at once, without a new process', async () => {
    const pid = serverProcess();
    const { document } = await open(revision('0002_index'));
    await expectRules(document.uri, ['blocking-index']);
    await settings().update('ignore', ['blocking-index', 'missing-lock-timeout'], vscode.ConfigurationTarget.Workspace);
    await expectRules(document.uri, []);
    await settings().update('ignore', undefined, vscode.ConfigurationTarget.Workspace);
    await expectRules(document.uri, ['blocking-index']);
    assert.equal(serverProcess(), pid);
  });

  it('can be turned off and on', async () => {
    const { document } = await open(revision('0002_index'));
    await settings().update('enable', false, vscode.ConfigurationTarget.Workspace);
    await until('the end of the server', () => (serverProcess() === undefined ? true : undefined));
    await expectRules(document.uri, []);
    await settings().update('enable', undefined, vscode.ConfigurationTarget.Workspace);
    await expectRules(document.uri, ['blocking-index']);
  });

  it('is restarted by a command, once for many at a time', async () => {
    const old = serverProcess();
    assert.ok(old);
    await Promise.all([1, 2, 3, 4].map(() => vscode.commands.executeCommand('foreshot.restart')));
    const pid = await newProcess(old);
    await expectRules(revision('0002_index'), ['blocking-index']);
    assert.equal(serverProcess(), pid);
  });

  it('recovers from being killed four times, with the same findings', async () => {
    const editor = await open(revision('0002_index'));
    await until('all findings', () => rules(revision('0007_fork')).includes('multiple-heads') || undefined);
    // Those of a workspace come in parts.
    const before = await until('findings that stay', async () => {
      const seen = everything();
      await sleep(1_500);
      return everything() === seen ? seen : undefined;
    });
    for (let round = 0; round < 4; round++) {
      const pid = await until('a server', serverProcess);
      process.kill(pid, 'SIGKILL');
      await newProcess(pid);
      await until('the same findings', () => everything() === before || undefined).catch(() => assert.equal(everything(), before));
    }
    await replace(editor, 'op.create_index', 'op.create_table("x")\n    op.create_index');
    await replace(editor, '"users", ["email"])\n\n', '"x", ["email"])\n\n');
    await expectRules(editor.document.uri, []);
    await revert(editor);
  });

  it('stays down after the fifth, and comes back when asked', async () => {
    process.kill(await until('a server', serverProcess), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(serverProcess(), undefined);
    await vscode.commands.executeCommand('foreshot.restart');
    await expectRules(revision('0002_index'), ['blocking-index']);
  });
});
