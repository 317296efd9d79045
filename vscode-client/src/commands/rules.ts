import * as vscode from 'vscode';

import { documentUri } from '../documents';
import type { ServerControl } from '../server/control';

interface RulePage {
  readonly rule: string;
  readonly markdown: string;
  readonly url: string;
}

interface RuleName {
  readonly rule: string;
  readonly family: string;
  /** What its page begins with. */
  readonly title: string;
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
  const rule = typeof given === 'string' && NAME.test(given) ? given : await askRule(server);
  if (rule === undefined) return;
  // What the server has to say to a name that no rule has is better than a preview of nothing.
  await readRule(server, rule);
  await vscode.commands.executeCommand('markdown.showPreview', documentUri(RULE, rule, 'md'));
}

/** Every rule there is: those at the cursor first, then those that were found anywhere, then the rest by family. */
async function askRule(server: ServerControl): Promise<string | undefined> {
  const { rules } = await server.command<{ rules: readonly RuleName[] }>('foreshot.listRules', {});
  const editor = vscode.window.activeTextEditor;
  const here = new Set(editor === undefined ? [] : rulesAt(editor.document.uri, editor.selection));
  const found = new Set(vscode.languages.getDiagnostics().flatMap(([, diagnostics]) => diagnostics.flatMap(ruleOf)));
  const rank = ({ rule }: RuleName): number => (here.has(rule) ? 0 : found.has(rule) ? 1 : 2);
  const items = [...rules]
    .sort((one, other) => rank(one) - rank(other))
    .map(({ rule, family, title }) => ({
      label: rule,
      description: ['at the cursor', 'found in this workspace', family][rank({ rule, family, title })] ?? '',
      detail: title,
    }));
  const options = { title: 'Explain rule', matchOnDetail: true, matchOnDescription: true };
  return (await vscode.window.showQuickPick(items, options))?.label;
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
