import * as path from 'node:path';
import * as vscode from 'vscode';

import { titleOf, type HistoryData, type Revision } from '../history/graph';
import { databasesIn, downgradePath, told, upgradePath } from '../history/lineage';
import type { Found, HistoryStore } from '../history/store';
import type { ServerControl } from '../server/control';
import { run } from '../server/isolation';
import { isRisky, question, type Direction } from './question';
import { runAlembic } from './terminal';

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
  await store.refresh();
  const found = revisionOf(store, given);
  if (found?.revision.revision == null) throw new Error('Open a revision of an Alembic project first.');
  const file = vscode.Uri.parse(found.revision.uri);
  const python = await server.projectPython(file);
  if (python === undefined) throw new Error('No Python was found to run Alembic with: set foreshot.interpreter.');
  const folder = await alembicFolder(file);
  const current = await currentRevisions(python.executable, folder, found.history);
  if (!(await confirmed(direction, found, current))) return;
  runAlembic(python.executable, folder, [direction, found.revision.revision]);
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
    if (await configures(folder)) return folder;
    if (folder === top || path.dirname(folder) === folder) return top;
    folder = path.dirname(folder);
  }
}

async function configures(folder: string): Promise<boolean> {
  if ((await contents(path.join(folder, 'alembic.ini'))) !== undefined) return true;
  return /^\s*\[tool\.alembic\b/m.test((await contents(path.join(folder, 'pyproject.toml'))) ?? '');
}

async function contents(file: string): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(vscode.Uri.file(file))).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Where a database is, and which it is. */
interface Current {
  readonly revisions: readonly Revision[];
  readonly databases: readonly string[];
}

/** Where the database is, as the project's Alembic tells; undefined when it cannot. */
async function currentRevisions(
  python: string,
  folder: string,
  history: HistoryData,
): Promise<Current | undefined> {
  const title = 'Asking Alembic where the database is';
  const location = vscode.ProgressLocation.Notification;
  // In the environment that Alembic has in a terminal, too: a project may need what is said there.
  const said = await vscode.window.withProgress({ location, title }, () =>
    run(python, ['-m', 'alembic', 'current', '--verbose'], { cwd: folder, timeout: 20_000, env: process.env }),
  );
  return said.code === 0 ? { revisions: told(history, said.stdout), databases: databasesIn(said.stdout) } : undefined;
}

async function confirmed(
  direction: Direction,
  { history, revision }: Found,
  current: Current | undefined,
): Promise<boolean> {
  const list = direction === 'upgrade' ? upgradePath : downgradePath;
  const revisions = list(history, revision, current?.revisions ?? (direction === 'upgrade' ? [] : headsOf(history)));
  if (current !== undefined && revisions.length === 0) {
    const where = direction === 'upgrade' ? 'there already' : 'not past this revision';
    void vscode.window.showInformationMessage(`There is nothing to ${direction}: the database is ${where}.`);
    return false;
  }
  const verb = direction === 'upgrade' ? 'Upgrade' : 'Downgrade';
  const plan = { direction, revisions, known: current !== undefined, databases: current?.databases ?? [], unsaved: unsaved(revisions) };
  // The first button is what Enter chooses.
  const yes: vscode.MessageItem = { title: verb };
  const no: vscode.MessageItem = { title: 'Cancel', isCloseAffordance: true };
  const answer = await vscode.window.showWarningMessage(
    `${verb} the database to “${titleOf(revision)}”?`,
    { modal: true, detail: question(plan, rulesOf) },
    ...(isRisky(plan) ? [no, yes] : [yes, no]),
  );
  return answer === yes;
}

function headsOf(history: HistoryData): Revision[] {
  return history.revisions.filter((revision) => revision.head);
}

/** The rules that were found in a revision, the gravest first, as far as VS Code has been told. */
function rulesOf({ uri }: Revision): string[] {
  const found = vscode.languages.getDiagnostics(vscode.Uri.parse(uri)).filter(({ source }) => source === 'Foreshot');
  return found.sort((one, other) => one.severity - other.severity).flatMap(({ code }) => ruleName(code) ?? []);
}

function ruleName(code: vscode.Diagnostic['code']): string | undefined {
  const value = typeof code === 'object' ? code.value : code;
  return value === undefined ? undefined : String(value);
}

function unsaved(revisions: readonly Revision[]): string[] {
  const files = new Set(revisions.map(({ uri }) => vscode.Uri.parse(uri).fsPath));
  return vscode.workspace.textDocuments
    .filter(({ isDirty, uri }) => isDirty && files.has(uri.fsPath))
    .map(({ uri }) => path.basename(uri.fsPath));
}
