import * as vscode from 'vscode';

import { documentUri, type Reader } from '../documents';
import type { ServerControl } from '../server/control';

/** What is shown of a revision, or of a project, and the server's command that makes it. */
const MADE_BY = {
  sql: 'foreshot.showSql',
  schema: 'foreshot.showSchema',
  pending: 'foreshot.showPending',
} as const;

export type Shown = keyof typeof MADE_BY;

/** What a revision sends to the database, the schema after it, or the revision that is pending, for the read-only documents. */
export function readMade(server: ServerControl, kind: Shown): Reader {
  return async (_name, uri) => (await server.command<{ text: string }>(MADE_BY[kind], { uri })).text;
}

/** Show the SQL of a revision, the schema after it, or the revision that is pending, beside its file. */
export async function showMade(server: ServerControl, kind: Shown, uri: vscode.Uri | undefined): Promise<void> {
  if (uri === undefined) throw new Error(kind === 'pending' ? 'Open a file of the project first.' : 'Open a revision first.');
  // What the server has to say to a file that is no revision is better than an empty document.
  await readMade(server, kind)('', uri.toString());
  const stem = uri.path.split('/').at(-1)?.replace(/\.py$/, '') ?? 'revision';
  const [name, extension] = kind === 'sql' ? [stem, 'sql'] : kind === 'schema' ? [`after ${stem}`, 'sql'] : ['pending migration', 'py'];
  const document = await vscode.workspace.openTextDocument(documentUri(kind, name, extension, uri.toString()));
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: kind === 'pending' });
}
