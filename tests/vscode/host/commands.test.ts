import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

import { EXTENSION, file, open, revision, until } from './editor';

interface Tab {
  label: string;
}

const tabs = (): Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);

/** Run a task to its end. */
async function exitCode(task: vscode.Task): Promise<number | undefined> {
  const ended = new Promise<number | undefined>((resolve) => {
    const subscription = vscode.tasks.onDidEndTaskProcess((event) => {
      subscription.dispose();
      resolve(event.exitCode);
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}

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

  it('check the folder as a task, which leaves Problems to the server', async () => {
    const [task] = await vscode.tasks.fetchTasks({ type: 'foreshot' });
    assert.ok(task);
    assert.deepEqual(task.problemMatchers, []);
    assert.equal(await exitCode(task), 1);
  });

  it('check as gravely as the settings say', async () => {
    const settings = vscode.workspace.getConfiguration('foreshot');
    await settings.update('failLevel', 'error', vscode.ConfigurationTarget.Workspace);
    const [task] = await vscode.tasks.fetchTasks({ type: 'foreshot' });
    await settings.update('failLevel', undefined, vscode.ConfigurationTarget.Workspace);
    assert.match((task?.execution as vscode.ProcessExecution).args.join(' '), / check .*--fail-level error \.$/);
  });

  it('are not needed to read what a check says: tasks have a problem matcher', async () => {
    const lines = ['error', 'warning', 'information', 'hint'].map((severity, line) => `migrations/env.py:${String(line + 1)}:1: ${severity}[some-rule] Words.`);
    const execution = new vscode.ProcessExecution(process.execPath, ['-e', `console.log(${JSON.stringify(lines.join('\n'))})`]);
    const folder = vscode.workspace.workspaceFolders?.[0];
    assert.ok(folder);
    assert.equal(await exitCode(new vscode.Task({ type: 'test' }, folder, 'say', 'test', execution, '$foreshot')), 0);
    const found = await until('the findings', () => {
      const told = vscode.languages.getDiagnostics(file('migrations/env.py')).filter(({ code }) => code === 'some-rule');
      return told.length === 4 ? told : undefined;
    });
    const { Error: error, Warning: warning, Information: information } = vscode.DiagnosticSeverity;
    assert.deepEqual(found.map(({ severity }) => severity), [error, warning, information, information]);
  });
});
