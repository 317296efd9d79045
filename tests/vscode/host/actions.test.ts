import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

import { diagnostics, expectRules, open, revert, revision, ruleOf, rules, until } from './editor';

interface Case {
  readonly file: string;
  readonly rule: string;
  /** What the title of the action matches. */
  readonly title: RegExp;
  /** What the revision has afterwards. */
  readonly after: RegExp;
}

/** One repair of each family that the project has a fault of. */
const CASES: readonly Case[] = [
  { file: '0002_index', rule: 'blocking-index', title: /concurrent/i, after: /postgresql_concurrently=True/ },
  { file: '0003_rename', rule: 'column-rename-as-drop-add', title: /rename/i, after: /new_column_name="full_name"[\s\S]*new_column_name="fullname"/ },
  { file: '0004_import', rule: 'missing-type-import', title: /import/i, after: /^import app\.types$|^import app$/m },
  { file: '0005_unnamed', rule: 'unnamed-constraint', title: /name/i, after: /create_unique_constraint\("\w+", "users"/ },
  { file: '0006_string', rule: 'plain-string-execute', title: /text/i, after: /sa\.text\("DELETE FROM orders/ },
];

async function actionsFor(uri: vscode.Uri, rule: string, resolve: number): Promise<vscode.CodeAction[]> {
  const found = diagnostics(uri).find((one) => ruleOf(one) === rule);
  assert.ok(found, `${rule} is not found in ${uri.path}: ${rules(uri).join()}`);
  return vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', uri, found.range, undefined, resolve);
}

describe('repairs', () => {
  for (const { file, rule, title, after } of CASES) {
    it(`repairs ${rule}, and undo gives back every byte`, async () => {
      const editor = await open(revision(file));
      const { document } = editor;
      const before = document.getText();
      await until(rule, () => rules(document.uri).includes(rule) || undefined);
      const actions = await actionsFor(document.uri, rule, 30);
      const chosen = actions.find((action) => title.test(action.title) && !/^(Ignore|Explain)/.test(action.title));
      assert.ok(chosen?.edit, `${actions.map((action) => action.title).join(' | ')}`);
      assert.ok(await vscode.workspace.applyEdit(chosen.edit));
      assert.match(document.getText(), after);
      await until('the finding to go', () => !rules(document.uri).includes(rule) || undefined);
      await vscode.window.showTextDocument(document);
      await vscode.commands.executeCommand('undo');
      await until('the text of before', () => document.getText() === before || undefined);
      await until('the finding to come back', () => rules(document.uri).includes(rule) || undefined);
      await revert(editor);
    });
  }

  it('offers a comment that silences, and an explanation, after the repairs', async () => {
    const { document } = await open(revision('0002_index'));
    await expectRules(document.uri, ['blocking-index']);
    const titles = (await actionsFor(document.uri, 'blocking-index', 0)).map((action) => action.title);
    const ours = titles.filter((title) => /concurrent|^Ignore|^Explain/i.test(title));
    assert.match(ours[0] ?? '', /concurrent/i);
    assert.match(ours.at(-2) ?? '', /^Ignore blocking-index/);
    assert.match(ours.at(-1) ?? '', /^Explain blocking-index/);
  });

  it('makes all safe repairs of a revision with one command', async () => {
    const editor = await open(revision('0006_string'));
    await until('the finding', () => rules(editor.document.uri).includes('plain-string-execute') || undefined);
    await vscode.commands.executeCommand('foreshot.fixAll');
    await until('the repair', () => editor.document.getText().includes('sa.text("DELETE') || undefined);
    await revert(editor);
  });
});
