import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';

import type { ServerControl } from '../server/control';
import { namedApart, type HistoryData, type Revision } from './graph';

/** Quiet time after a change before the histories are asked for again, in milliseconds. */
const SETTLE = 400;

/** The revision templates, beside which an env.py lies. */
const TEMPLATES = '**/script.py.mako';

/** Folders in which no project's own env.py lies. */
const ELSEWHERE = '**/{node_modules,.venv,venv,env,site-packages,.git,.tox,.nox}/**';

export interface Found {
  readonly history: HistoryData;
  readonly revision: Revision;
}

/** The histories of all Alembic environments of the workspace, asked for again after changes while somebody looks. */
export class HistoryStore implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private byFile: ReadonlyMap<string, Found> = new Map();
  private asked: Promise<readonly HistoryData[]> | undefined;
  private places: Promise<readonly vscode.Uri[]> | undefined;
  /** Whether the server still reads the folders: until it has, it cannot tell a history. */
  private reading = true;
  readonly onDidChange = this.changed.event;
  /** The histories as they were known last. */
  histories: readonly HistoryData[] = [];

  constructor(private readonly server: ServerControl) {
    const templates = vscode.workspace.createFileSystemWatcher(TEMPLATES, false, true, false);
    const elsewhere = (): void => {
      this.places = undefined;
    };
    this.subscriptions.push(
      this.changed,
      templates,
      templates.onDidCreate(elsewhere),
      templates.onDidDelete(elsewhere),
      vscode.workspace.onDidChangeWorkspaceFolders(elsewhere),
      server.onDidRefresh(() => this.soon()),
      server.onDidChangeIndexing((busy) => {
        this.reading = busy;
        if (!busy) this.soon();
      }),
      server.onDidChangeState((state) => {
        if (state === 'starting') this.reading = true;
        if (state === 'running') this.soon();
        if (state === 'off') this.know([]);
      }),
    );
  }

  /** Ask the server now. */
  async refresh(): Promise<readonly HistoryData[]> {
    this.asked ??= this.ask().finally(() => {
      this.asked = undefined;
    });
    return this.asked;
  }

  /** The history that a file is part of, and its revision there. */
  find(uri: vscode.Uri): Found | undefined {
    return this.byFile.get(uri.fsPath);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.refresh();
    }, SETTLE);
  }

  private async ask(): Promise<readonly HistoryData[]> {
    if (!this.isRunning()) return this.histories;
    const found = new Map<string, HistoryData>();
    let failed = false;
    for (const uri of await this.environments()) {
      try {
        const history = await this.server.command<HistoryData>('foreshot.showGraph', { uri: uri.toString() });
        found.set(uri.toString(), { ...history, uri: uri.toString(), environment: nameOf(history) });
      } catch (error) {
        // An env.py of something else, or the workspace is still being read: the next change asks again.
        failed = true;
        this.server.log.debug(`No history for ${uri.toString()}: ${String(error)}`);
      }
    }
    // What was known before a restart is better than nothing until the folders have been read again.
    if (!failed || (!this.reading && this.isRunning())) {
      this.know(namedApart(once([...found.values()])));
    }
    return this.histories;
  }

  private isRunning(): boolean {
    return this.server.state === 'running';
  }

  private know(histories: readonly HistoryData[]): void {
    // Most edits change nothing of a history: then nobody has to draw, or send, thousands of revisions again.
    if (isDeepStrictEqual(histories, this.histories)) return;
    this.histories = histories;
    this.byFile = new Map(
      histories.flatMap((history) =>
        history.revisions.map((revision) => [vscode.Uri.parse(revision.uri).fsPath, { history, revision }]),
      ),
    );
    this.changed.fire();
  }

  /** The env.py of each environment, searched once for all; the folders themselves where none is found, or files cannot be searched. */
  private async environments(): Promise<readonly vscode.Uri[]> {
    this.places ??= environmentFiles();
    try {
      const found = await this.places;
      if (found.length > 0) return found;
    } catch {
      this.places = undefined;
    }
    return (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri);
  }
}

/** How an environment is called: by its folder too where several are open, in each of which may be one of the same name. */
function nameOf({ environment, revisions: [first] }: HistoryData): string {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const folder = several && first !== undefined ? vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(first.uri)) : undefined;
  return folder === undefined ? environment : `${folder.name}: ${environment}`;
}

/** Histories that two places have told of: one each. */
function once(histories: readonly HistoryData[]): HistoryData[] {
  const found = new Map(histories.map((history) => [history.revisions[0]?.uri ?? history.uri, history]));
  return [...found.values()];
}

/** Each env.py that has a revision template beside it. */
async function environmentFiles(): Promise<vscode.Uri[]> {
  const templates = await vscode.workspace.findFiles(TEMPLATES, ELSEWHERE, 500);
  return templates.map((uri) => uri.with({ path: path.posix.join(path.posix.dirname(uri.path), 'env.py') }));
}
