import * as path from 'node:path';
import * as vscode from 'vscode';

import { findingWords, titleOf, type HistoryData, type Revision } from '../history/graph';
import { byId, downgradePath, named, upgradePath } from '../history/lineage';
import type { Found, HistoryStore } from '../history/store';
import type { ServerControl } from '../server/control';
import { cleanEnvironment, run } from '../server/isolation';

export type Direction = 'upgrade' | 'downgrade';

/** Revisions that the question names one by one. */
const NAMED = 12;

/**
 * Bring the database to a revision with the project's own Alembic, in a terminal, after the person has seen which
 * revisions that runs and what was found in them. Only for trusted workspaces: Alembic runs the project's code.
 */
export async function migrate(
  direction: Direction,
  server: ServerControl,
  store: HistoryStore,
  given: vscode.Uri | undefined,
): Promise<void> {
  const found = revisionOf(store, given);
  if (found?.revision.revision == null) throw new Error('Open a revision of an Alembic project first.');
  const python = await server.projectPython();
  if (python === undefined) throw new Error('No Python was found to run Alembic with: set foreshot.interpreter.');
  const folder = await alembicFolder(vscode.Uri.parse(found.revision.uri));
  const current = await currentRevisions(python.executable, folder, found.history);
  if (!(await confirmed(direction, found, current))) return;
  const terminal = vscode.window.createTerminal({
    name: `alembic ${direction}`,
    cwd: folder,
    shellPath: python.executable,
    shellArgs: ['-m', 'alembic', direction, found.revision.revision],
    isTransient: true,
  });
  terminal.show();
}

function revisionOf(store: HistoryStore, given: vscode.Uri | undefined): Found | undefined {
  const uri = given ?? vscode.window.activeTextEditor?.document.uri;
  return uri === undefined ? undefined : store.find(uri);
}

/** The nearest folder above a revision that Alembic is run from: the one with its configuration. */
async function alembicFolder(uri: vscode.Uri): Promise<string> {
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.parse(uri.fsPath).root;
  let folder = path.dirname(uri.fsPath);
  for (;;) {
    if (await isThere(path.join(folder, 'alembic.ini'))) return folder;
    if (folder === top || path.dirname(folder) === folder) return top;
    folder = path.dirname(folder);
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(vscode.Uri.file(file))).type === vscode.FileType.File;
  } catch {
    return false;
  }
}

/** Where the database is, as the project's Alembic tells; undefined when it cannot. */
async function currentRevisions(
  python: string,
  folder: string,
  history: HistoryData,
): Promise<readonly Revision[] | undefined> {
  const title = 'Asking Alembic where the database is';
  const location = vscode.ProgressLocation.Notification;
  const said = await vscode.window.withProgress({ location, title }, () =>
    run(python, ['-m', 'alembic', 'current'], { cwd: folder, timeout: 20_000, env: cleanEnvironment() }),
  );
  if (said.code !== 0) return undefined;
  const ids = byId(history);
  return said.stdout.split('\n').flatMap((line) => named(ids, line.split(' ')[0] ?? '') ?? []);
}

async function confirmed(
  direction: Direction,
  { history, revision }: Found,
  current: readonly Revision[] | undefined,
): Promise<boolean> {
  const list = direction === 'upgrade' ? upgradePath : downgradePath;
  const revisions = list(history, revision, current ?? (direction === 'upgrade' ? [] : headsOf(history)));
  if (current !== undefined && revisions.length === 0) {
    void vscode.window.showInformationMessage(`There is nothing to ${direction}: the database is there already.`);
    return false;
  }
  const verb = direction === 'upgrade' ? 'Upgrade' : 'Downgrade';
  const answer = await vscode.window.showWarningMessage(
    `${verb} the database to “${titleOf(revision)}”?`,
    { modal: true, detail: detail(direction, revisions, current !== undefined) },
    verb,
  );
  return answer === verb;
}

function headsOf(history: HistoryData): Revision[] {
  return history.revisions.filter((revision) => revision.head);
}

/** The revisions and what was found in each, as the text of the question. */
export function detail(direction: Direction, revisions: readonly Revision[], known: boolean): string {
  const count = revisions.length === 1 ? '1 revision' : `${String(revisions.length)} revisions`;
  const does = direction === 'upgrade' ? 'runs' : 'undoes';
  const head = known
    ? `This ${does} ${count}:`
    : `Where the database is could not be told. At most, this ${does} ${count}:`;
  const shown = revisions.length > NAMED ? [...revisions.slice(0, NAMED - 1)] : revisions;
  const lines = shown.map((one) => `• ${one.revision ?? '?'} ${titleOf(one)}: ${findingWords(one) || 'nothing found'}`);
  const rest = revisions.slice(shown.length);
  if (rest.length > 0) {
    const risky = rest.filter((one) => findingWords(one) !== '').length;
    lines.push(`• and ${String(rest.length)} more, with findings in ${String(risky)} of them`);
  }
  return [head, ...lines].join('\n');
}
