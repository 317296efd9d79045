import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

import { EXTENSION, file, open, revision, until } from './editor';

interface Tab {
  label: string;
}

const tabs = (): Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);

describe('commands', () => {
  it('are all there that the manifest names', async () => {
    const manifest = vscode.extensions.getExtension(EXTENSION)?.packageJSON as { contributes: { commands: { command: string }[] } };
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(manifest.contributes.commands.map(({ command }) => command).filter((name) => !known.has(name)), []);
  });

  it('show the page of a rule as a preview', async () => {
    await vscode.commands.executeCommand('foreshot.explainRule', 'blocking-index');
    await until('the preview', () => tabs().some(({ label }) => /Preview.*blocking-index/.test(label)) || undefined);
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse('foreshot:rule/blocking-index.md'));
    assert.match(page.getText(), /CONCURRENTLY|concurrently/);
    assert.equal(page.languageId, 'markdown');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('show the graph', async () => {
    await open(revision('0003_rename'));
    await vscode.commands.executeCommand('foreshot.showGraph');
    await until('the graph', () => tabs().some(({ label }) => label === 'Migration graph') || undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('copy debug information without paths of the project', async () => {
    await vscode.env.clipboard.writeText('');
    await vscode.commands.executeCommand('foreshot.copyDebugInformation');
    const text = await until('the text', async () => (await vscode.env.clipboard.readText()) || undefined);
    assert.match(text, /Foreshot extension: \d/);
    assert.match(text, /Server: running/);
    assert.ok(!text.includes(file('').fsPath));
  });

  it('check the folder as a task, with its findings in Problems', async () => {
    const [task] = await vscode.tasks.fetchTasks({ type: 'foreshot' });
    assert.ok(task);
    assert.deepEqual(task.problemMatchers, ['$foreshot']);
    const ended = new Promise<number | undefined>((resolve) => {
      const subscription = vscode.tasks.onDidEndTaskProcess((event) => {
        subscription.dispose();
        resolve(event.exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 1);
  });
});
