import * as vscode from 'vscode';

import { documentUri } from '../documents';
import type { ServerControl } from '../server/control';

interface RulePage {
  readonly rule: string;
  readonly markdown: string;
  readonly url: string;
}

const NAME = /^[a-z][a-z0-9-]*$/;

/** The kind of the documents that are pages of rules. */
export const RULE = 'rule';

/** The page of a rule, for the read-only documents. */
export async function readRule(server: ServerControl, rule: string): Promise<string> {
  return (await server.command<RulePage>('foreshot.explainRule', { rule })).markdown;
}

/** Show the page of a rule as a Markdown preview; without a name, ask which. */
export async function explainRule(server: ServerControl, given: unknown): Promise<void> {
  const rule = typeof given === 'string' && NAME.test(given) ? given : await askRule();
  if (rule === undefined) return;
  // What the server has to say to a name that no rule has is better than a preview of nothing.
  await readRule(server, rule);
  await vscode.commands.executeCommand('markdown.showPreview', documentUri(RULE, rule, 'md'));
}

async function askRule(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  const here = editor === undefined ? [] : rulesAt(editor.document.uri, editor.selection);
  const everywhere = vscode.languages.getDiagnostics().flatMap(([, found]) => found.flatMap(ruleOf));
  const rules = [...new Set([...here, ...everywhere.sort()])];
  const other: vscode.QuickPickItem = { label: '$(edit) Another rule…' };
  const items = rules.map((label): vscode.QuickPickItem => ({
    label,
    ...(here.includes(label) ? { description: 'at the cursor' } : {}),
  }));
  const picked = await vscode.window.showQuickPick([...items, other], { title: 'Explain rule' });
  if (picked !== other) return picked?.label;
  return vscode.window.showInputBox({
    title: 'Explain rule',
    prompt: 'The name of a rule, such as blocking-index',
    validateInput: (text) => (NAME.test(text) ? undefined : 'A rule has lowercase words with hyphens between them'),
  });
}

function rulesAt(uri: vscode.Uri, range: vscode.Range): string[] {
  const touched = vscode.languages.getDiagnostics(uri).filter((one) => one.range.intersection(range) !== undefined);
  return [...new Set(touched.flatMap(ruleOf))];
}

/** The rule of a diagnostic of ours. */
function ruleOf(diagnostic: vscode.Diagnostic): string[] {
  if (diagnostic.source !== 'Foreshot') return [];
  const { code } = diagnostic;
  const name = typeof code === 'object' ? code.value : code;
  return name === undefined ? [] : [String(name)];
}
