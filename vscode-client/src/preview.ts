import * as vscode from 'vscode';

/** The kind of an action of ours, as its data says it; the client keeps the data beside VS Code's own fields. */
type WithData = vscode.CodeAction & { data?: { kind?: string } };

/**
 * A repair that may change what the migration does opens in the refactor preview, where it can be seen before anything
 * is made. Safe repairs and comments are made at once.
 */
export async function withPreview(
  asked: vscode.CodeAction,
  resolved: vscode.CodeAction | null | undefined,
): Promise<vscode.CodeAction | null | undefined> {
  const unsafe = (asked as WithData).data?.kind === 'rewrite';
  if (unsafe && resolved?.edit !== undefined) resolved.edit = await confirmed(resolved.edit, asked.title);
  return resolved;
}

async function confirmed(edit: vscode.WorkspaceEdit, label: string): Promise<vscode.WorkspaceEdit> {
  const metadata: vscode.WorkspaceEditEntryMetadata = { needsConfirmation: true, label };
  // A new file is seen at once when it opens, and is not saved before; an edit rebuilt here would lose its creation.
  const there = await Promise.all(edit.entries().map(([uri]) => isThere(uri)));
  if (there.includes(false)) return edit;
  const result = new vscode.WorkspaceEdit();
  for (const [uri, edits] of edit.entries()) {
    const document = await vscode.workspace.openTextDocument(uri);
    result.set(
      uri,
      joined(document, edits).map((single): [vscode.TextEdit, vscode.WorkspaceEditEntryMetadata] => [single, metadata]),
    );
  }
  return result;
}

/** Edits with no empty line between them, as one: a change of a function is one thing to look at, and to choose. */
function joined(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): vscode.TextEdit[] {
  const result: vscode.TextEdit[] = [];
  for (const next of [...edits].sort((one, other) => one.range.start.compareTo(other.range.start))) {
    const last = result.at(-1);
    const between = last && document.getText(new vscode.Range(last.range.end, next.range.start));
    if (last === undefined || between === undefined || /\n[ \t]*\r?\n/.test(between)) {
      result.push(next);
    } else {
      const range = new vscode.Range(last.range.start, next.range.end);
      result[result.length - 1] = new vscode.TextEdit(range, last.newText + between + next.newText);
    }
  }
  return result;
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
