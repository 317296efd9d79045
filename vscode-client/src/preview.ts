import * as vscode from 'vscode';

/** The kind of an action of ours, as its data says it; the client keeps the data beside VS Code's own fields. */
type WithData = vscode.CodeAction & { data?: { kind?: string } };

/**
 * A repair that may change what the migration does opens in the refactor preview, where each edit can be seen and
 * left out before any is made. Safe repairs and comments are made at once.
 */
export function withPreview(
  asked: vscode.CodeAction,
  resolved: vscode.CodeAction | null | undefined,
): vscode.CodeAction | null | undefined {
  const unsafe = (asked as WithData).data?.kind === 'rewrite';
  if (unsafe && resolved?.edit !== undefined) resolved.edit = confirmed(resolved.edit, asked.title);
  return resolved;
}

function confirmed(edit: vscode.WorkspaceEdit, label: string): vscode.WorkspaceEdit {
  const metadata: vscode.WorkspaceEditEntryMetadata = { needsConfirmation: true, label };
  const result = new vscode.WorkspaceEdit();
  for (const [uri, edits] of edit.entries()) {
    result.set(
      uri,
      edits.map((single): [vscode.TextEdit, vscode.WorkspaceEditEntryMetadata] => [single, metadata]),
    );
  }
  return result;
}
