import * as assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
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

/** Do something while `foreshot.path` names a program of these lines for a shell. */
async function withServer(lines: string, work: (program: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'foreshot server '));
  const program = path.join(folder, 'foreshot');
  writeFileSync(program, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  try {
    await settings().update('path', program, vscode.ConfigurationTarget.Workspace);
    await work(program);
  } finally {
    await settings().update('path', undefined, vscode.ConfigurationTarget.Workspace);
    rmSync(folder, { recursive: true });
  }
}

async function debugInformation(): Promise<string> {
  await vscode.commands.executeCommand('foreshot.copyDebugInformation');
  return vscode.env.clipboard.readText();
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

  it('keeps settings that were changed after its start when it is started again by itself', async () => {
    const editor = await open(revision('0002_index'));
    await expectRules(editor.document.uri, ['blocking-index']);
    await settings().update('ignore', ['blocking-index', 'missing-lock-timeout'], vscode.ConfigurationTarget.Workspace);
    await expectRules(editor.document.uri, []);
    const pid = await until('a server', serverProcess);
    process.kill(pid, 'SIGKILL');
    await newProcess(pid);
    await replace(editor, 'op.create_index', 'op.drop_column("users", "email")\n    op.create_index');
    await until('a finding', () => rules(editor.document.uri).includes('drop-column') || undefined);
    assert.ok(!rules(editor.document.uri).includes('blocking-index'), rules(editor.document.uri).join());
    await settings().update('ignore', undefined, vscode.ConfigurationTarget.Workspace);
    await revert(editor);
    await expectRules(editor.document.uri, ['blocking-index']);
  });

  it('is started whatever the types of its settings are', async () => {
    for (const key of ['path', 'args', 'interpreter']) await settings().update(key, 42, vscode.ConfigurationTarget.Workspace);
    await vscode.commands.executeCommand('foreshot.restart');
    await expectRules(revision('0002_index'), ['blocking-index']);
    for (const key of ['path', 'args', 'interpreter']) await settings().update(key, undefined, vscode.ConfigurationTarget.Workspace);
    await expectRules(revision('0002_index'), ['blocking-index']);
  });

  it('that ends at once is started once, and the reason told', async () => {
    await withServer('echo started >> "$0.said"; exit 3', async (program) => {
      await until('the failure', async () => /Server: failed/.test(await debugInformation()) || undefined);
      assert.match(await debugInformation(), /Problem: The Foreshot server could not be started\. The log says more\./);
      await sleep(1_500);
      assert.equal(readFileSync(`${program}.said`, 'utf8'), 'started\n');
    });
    await expectRules(revision('0002_index'), ['blocking-index']);
  });

  it('that never answers holds nobody up who wants another', async () => {
    let silent: number | undefined;
    await withServer('echo $$ > "$0.said"; exec sleep 600', async (program) => {
      silent = await until('its start', () => Number(existsSync(`${program}.said`) && readFileSync(`${program}.said`, 'utf8')) || undefined);
      assert.match(await debugInformation(), /Server: starting/);
    });
    await expectRules(revision('0002_index'), ['blocking-index'], 15_000);
    await until('its end', () => !existsSync(`/proc/${String(silent)}`) || undefined);
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
