import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

export const EXTENSION = 'foreshot.foreshot';

/** A file of the project, in a folder of the workspace. */
export function file(name: string, folder = 0): vscode.Uri {
  const root = vscode.workspace.workspaceFolders?.[folder]?.uri;
  assert.ok(root);
  return vscode.Uri.joinPath(root, name);
}

export const revision = (name: string, folder = 0): vscode.Uri => file(`migrations/versions/${name}.py`, folder);

export async function open(uri: vscode.Uri): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(uri, { preview: false });
}

/** Wait until something holds; its last answer is part of the failure. */
export async function until<Result>(what: string, ask: () => Result | undefined | Promise<Result | undefined>, patience = 30_000): Promise<Result> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await sleep(50);
  }
}

/** The rules that are found in a file, in order, repeated as often as they are. */
export function rules(uri: vscode.Uri): string[] {
  return diagnostics(uri).map(ruleOf).sort();
}

export function diagnostics(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(isServers);
}

/** Whether the server has told it: it leads to a page of its rule, and what a task reads from `foreshot check` does not. */
export function isServers(diagnostic: vscode.Diagnostic): boolean {
  return diagnostic.source === 'Foreshot' && typeof diagnostic.code === 'object';
}

export function ruleOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

export async function expectRules(uri: vscode.Uri, expected: readonly string[], patience?: number): Promise<void> {
  try {
    await until('the rules', () => (rules(uri).join() === [...expected].sort().join() ? true : undefined), patience);
  } catch {
    assert.deepEqual(rules(uri), [...expected].sort());
  }
}

/** Where a text first stands in a document. */
export function at(document: vscode.TextDocument, text: string): vscode.Position {
  const offset = document.getText().indexOf(text);
  assert.ok(offset >= 0, `${text} is not in ${document.uri.path}`);
  return document.positionAt(offset);
}

export async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const start = at(editor.document, from);
  const end = editor.document.positionAt(editor.document.offsetAt(start) + from.length);
  assert.ok(await editor.edit((edit) => edit.replace(new vscode.Range(start, end), to)));
}

export async function revert(editor: vscode.TextEditor): Promise<void> {
  await vscode.window.showTextDocument(editor.document);
  await vscode.commands.executeCommand('workbench.action.files.revert');
}

/** The process of the server: a child of this extension host. */
export function serverProcess(): number | undefined {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines) {
    const [pid, parent, ...args] = line.trim().split(/\s+/);
    const command = args.join(' ');
    if (Number(parent) === process.pid && /(launch\.py|-m foreshot|\/foreshot) server/.test(command)) return Number(pid);
  }
  return undefined;
}

export function commandLine(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}
