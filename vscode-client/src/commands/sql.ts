import * as vscode from 'vscode';

import { documentUri, type Reader } from '../documents';
import type { ServerControl } from '../server/control';

/** What is shown of a revision, and the server's command that makes it. */
const MADE_BY = { sql: 'foreshot.showSql', schema: 'foreshot.showSchema' } as const;

export type Shown = keyof typeof MADE_BY;

/** What a revision sends to the database, or the schema after it, for the read-only documents. */
export function readMade(server: ServerControl, kind: Shown): Reader {
  return async (_name, uri) => (await server.command<{ text: string }>(MADE_BY[kind], { uri })).text;
}

/** Show the SQL of a revision, or the schema after it, beside its file. */
export async function showMade(server: ServerControl, kind: Shown, uri: vscode.Uri | undefined): Promise<void> {
  if (uri === undefined) throw new Error('Open a revision first.');
  // What the server has to say to a file that is no revision is better than an empty document.
  await readMade(server, kind)('', uri.toString());
  const stem = uri.path.split('/').at(-1)?.replace(/\.py$/, '') ?? 'revision';
  const name = kind === 'sql' ? stem : `after ${stem}`;
  const document = await vscode.workspace.openTextDocument(documentUri(kind, name, 'sql', uri.toString()));
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
}
