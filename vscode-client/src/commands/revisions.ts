import * as vscode from 'vscode';

import { titleOf, type HistoryData } from '../history/graph';
import type { HistoryStore } from '../history/store';
import type { ServerControl } from '../server/control';

/** Create an empty revision from the project's own template, after a head. */
export async function newRevision(server: ServerControl, store: HistoryStore): Promise<void> {
  const history = await pickHistory(store, 'New revision in which environment?');
  if (history === undefined) return;
  const parent = history.heads.length > 1 ? await pickHead(history) : undefined;
  if (history.heads.length > 1 && parent === undefined) return;
  const message = await vscode.window.showInputBox({
    title: 'New revision',
    prompt: 'What the revision is about, in a few words',
    placeHolder: 'add e-mail to users',
    validateInput: (text) => (text.trim() === '' ? 'A revision needs a message' : undefined),
  });
  if (message === undefined) return;
  await server.command('foreshot.newRevision', { message, ...(parent === undefined ? {} : { parent }), ...place(history) });
}

/** Create the revision that brings several heads together. */
export async function mergeHeads(server: ServerControl, store: HistoryStore): Promise<void> {
  const history = await pickHistory(store, 'Merge the heads of which environment?', ({ heads }) => heads.length > 1);
  if (history !== undefined) await server.command('foreshot.mergeHeads', place(history));
}

/** The environment that is meant: of the open file, the only one, or the one that the person picks. */
export async function pickHistory(
  store: HistoryStore,
  title: string,
  fits: (history: HistoryData) => boolean = () => true,
): Promise<HistoryData | undefined> {
  // What was known may be from before the last edit, or the last merge.
  const histories = await store.refresh();
  const uri = vscode.window.activeTextEditor?.document.uri;
  const open = uri === undefined ? undefined : store.find(uri)?.history;
  if (open !== undefined) return open;
  if (histories.length === 0) throw new Error('There is no Alembic history in the open folders, or it is still being read.');
  // Where none fits, the server says why nothing can be done in the first.
  const fitting = histories.filter(fits);
  if (histories.length === 1 || fitting.length < 2) return fitting[0] ?? histories[0];
  const items = fitting.map((history) => ({
    label: history.environment,
    description: (history.databases ?? []).join(', '),
    detail: history.place ?? '',
    history,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.history;
}

async function pickHead(history: HistoryData): Promise<string | undefined> {
  const heads = history.revisions.filter((revision) => revision.head && revision.revision !== null);
  const items = heads.map((revision) => ({ label: titleOf(revision), description: revision.revision ?? '' }));
  return (await vscode.window.showQuickPick(items, { title: 'There are several heads: which one does it follow?' }))
    ?.description;
}

function place(history: HistoryData): { uri?: string } {
  const uri = history.revisions[0]?.uri ?? history.uri;
  return uri === undefined ? {} : { uri };
}
