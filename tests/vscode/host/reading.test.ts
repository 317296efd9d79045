import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

import { EXTENSION, at, diagnostics, expectRules, isServers, open, replace, revert, revision, ruleOf, rules, until } from './editor';

describe('reading', () => {
  it('is active, because the workspace has an Alembic project', async () => {
    await until('activation', () => vscode.extensions.getExtension(EXTENSION)?.isActive || undefined);
  });

  it('finds what is wrong with a revision, where it is, with a page of the rule', async () => {
    const editor = await open(revision('0002_index'));
    await expectRules(editor.document.uri, ['blocking-index']);
    const [found] = diagnostics(editor.document.uri);
    assert.ok(found);
    assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);
    assert.deepEqual(found.range.start, at(editor.document, 'op.create_index'));
    assert.match(String((found.code as { target: vscode.Uri }).target), /rules\/blocking-index/);
  });

  it('finds problems of files that nobody has opened', async () => {
    await until('findings of a closed file', () => rules(revision('0005_unnamed')).includes('unnamed-constraint') || undefined);
    assert.ok(!vscode.workspace.textDocuments.some((document) => document.uri.path.endsWith('0005_unnamed.py')));
  });

  it('sees what is typed before it is saved', async () => {
    const editor = await open(revision('0002_index'));
    await replace(editor, 'op.create_index', 'op.create_table("x")\n    op.create_index');
    await replace(editor, '"users", ["email"])\n\n', '"x", ["email"])\n\n');
    await expectRules(editor.document.uri, []);
    await revert(editor);
    await expectRules(editor.document.uri, ['blocking-index']);
  });

  it('keeps the history while a revision does not parse, and recovers', async () => {
    const editor = await open(revision('0002_index'));
    await replace(editor, 'def upgrade():', 'def upgrade(:');
    await until('the syntax error', () => rules(editor.document.uri).includes('syntax-error') || undefined);
    assert.ok(!rules(revision('0003_rename')).includes('missing-parent'));
    await revert(editor);
    await expectRules(editor.document.uri, ['blocking-index']);
  });

  it('explains an operation on hover', async () => {
    const { document } = await open(revision('0002_index'));
    const position = at(document, 'create_index').translate(0, 2);
    const hovers = await until('a hover', async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, position);
      return found.length > 0 ? found : undefined;
    });
    const text = hovers.flatMap((hover) => hover.contents.map((part) => (part as vscode.MarkdownString).value)).join('\n');
    assert.match(text, /ix_users_email/);
    assert.match(text, /users/);
    // VS Code itself shows the finding above the card.
    const [finding] = diagnostics(document.uri);
    assert.ok(finding?.range.contains(position));
    assert.doesNotMatch(text, /blocking-index/);
  });

  it('outlines a revision', async () => {
    const uri = revision('0003_rename');
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', uri);
    const names = symbols.flatMap((symbol) => [symbol.name, ...symbol.children.flatMap((child) => [child.name, ...child.children.map((one) => one.name)])]);
    assert.ok(names.some((name) => name === 'users.full_name'), names.join());
    assert.ok(names.some((name) => name === 'upgrade'), names.join());
  });

  it('goes from a parent\'s id to its revision', async () => {
    const { document } = await open(revision('0003_rename'));
    const position = at(document, 'down_revision = "').translate(0, 20);
    const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>('vscode.executeDefinitionProvider', document.uri, position);
    const [first] = found;
    assert.ok(first);
    assert.match(('uri' in first ? first.uri : first.targetUri).path, /0002_index\.py$/);
  });

  it('tells above a revision what it is, and leads to its neighbours', async () => {
    const { uri } = (await open(revision('0005_unnamed'))).document;
    const lenses = await until('lenses', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 20);
      return found.length > 0 ? found : undefined;
    });
    const titles = lenses.map((lens) => lens.command?.title ?? '');
    assert.ok(titles.some((title) => title.includes('2 children') && title.includes('findings')), titles.join());
    assert.ok(titles.some((title) => title.startsWith('→')) && titles.some((title) => title.startsWith('←')), titles.join());
    const child = lenses.find((lens) => lens.command?.title.startsWith('→'))?.command;
    assert.ok(child);
    await vscode.commands.executeCommand(child.command, ...(child.arguments ?? []));
    await until('the child', () => /000[67]_/.test(vscode.window.activeTextEditor?.document.uri.path ?? '') || undefined);
  });

  it('finds revisions by their message among the symbols of the workspace', async () => {
    const found = await vscode.commands.executeCommand<vscode.SymbolInformation[]>('vscode.executeWorkspaceSymbolProvider', 'newsletter');
    assert.ok(found.some((symbol) => symbol.location.uri.path.endsWith('0007_fork.py')));
  });

  it('leaves untitled and git: documents alone', async () => {
    const text = (await vscode.workspace.openTextDocument(revision('0002_index'))).getText();
    const untitled = await vscode.workspace.openTextDocument({ language: 'python', content: text });
    await vscode.window.showTextDocument(untitled);
    const registration = vscode.workspace.registerTextDocumentContentProvider('git', { provideTextDocumentContent: () => text });
    const old = revision('0002_index').with({ scheme: 'git', query: '{"ref":"HEAD"}' });
    const document = await vscode.workspace.openTextDocument(old);
    await vscode.window.showTextDocument(document);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(diagnostics(untitled.uri), []);
    assert.deepEqual(diagnostics(old), []);
    registration.dispose();
    await vscode.window.showTextDocument(untitled);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('names each finding by its rule', () => {
    const all = vscode.languages.getDiagnostics().flatMap(([, found]) => found.filter(isServers));
    assert.ok(all.length >= 8);
    for (const one of all) assert.match(ruleOf(one), /^[a-z-]+$/);
  });
});
