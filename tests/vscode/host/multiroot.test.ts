import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';

import { expectRules, file, open, replace, revert, revision, rules, until } from './editor';

describe('two projects in one workspace', () => {
  it('each has its own database and its own findings', async () => {
    await open(revision('0002_index', 0));
    await expectRules(revision('0002_index', 0), ['blocking-index']);
    await open(revision('0005_unnamed', 1));
    await until('what SQLite cannot do', () => rules(revision('0005_unnamed', 1)).includes('alter-outside-batch') || undefined);
    assert.ok(!rules(revision('0002_index', 1)).includes('blocking-index'));
    assert.ok(!rules(revision('0005_unnamed', 0)).includes('alter-outside-batch'));
  });

  it('an edit in one leaves the other alone', async () => {
    const before = rules(revision('0007_fork', 1)).join();
    const editor = await open(revision('0007_fork', 0));
    await until('two heads', () => rules(editor.document.uri).includes('multiple-heads') || undefined);
    await replace(editor, 'down_revision = "0005aaaa0005"', 'down_revision = "0006aaaa0006"');
    await until('one head', () => !rules(editor.document.uri).includes('multiple-heads') || undefined);
    assert.equal(rules(revision('0007_fork', 1)).join(), before);
    await revert(editor);
  });

  it('each has its own Python for its Alembic', async () => {
    // It goes on until a person answers.
    void vscode.commands.executeCommand('foreshot.upgradeTo', revision('0002_index', 1));
    const ran = (folder: number): string => file('.venv/bin/ran', folder).fsPath;
    await until('the question', () => (existsSync(ran(1)) && readFileSync(ran(1), 'utf8').includes('-m alembic current')) || undefined);
    assert.ok(!existsSync(ran(0)) || !readFileSync(ran(0), 'utf8').includes('alembic'));
  });

  it('there is a task for each', async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: 'foreshot' });
    assert.equal(tasks.length, 2);
    assert.ok(file('', 1).fsPath !== file('', 0).fsPath);
  });
});
