import * as vscode from 'vscode';

import { newWords } from './history/graph';
import type { HistoryStore } from './history/store';
import { DOCUMENTS, type ServerControl } from './server/control';

/** The language status item: database and heads of the open file's project, what the server does, and whether it may. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem('foreshot.status', [...DOCUMENTS]);
  private readonly subscriptions: vscode.Disposable[];
  private indexing = false;

  constructor(
    private readonly server: ServerControl,
    private readonly store: HistoryStore,
  ) {
    this.item.name = 'Foreshot';
    this.subscriptions = [
      this.item,
      server.onDidChangeState((state) => {
        // A server that ended while it read does not say that it is done.
        if (state === 'starting') this.indexing = false;
        this.show();
      }),
      server.onDidChangeIndexing((busy) => {
        this.indexing = busy;
        this.show();
      }),
      store.onDidChange(() => this.show()),
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.show()),
    ];
    this.show();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private show(): void {
    const { item, server } = this;
    item.busy = server.state === 'starting' || this.indexing;
    item.severity = vscode.LanguageStatusSeverity.Information;
    item.command = { command: 'foreshot.statusMenu', title: 'More…' };
    item.detail = [vscode.workspace.isTrusted ? '' : 'Restricted Mode: reading only', server.server?.description ?? '']
      .filter(Boolean)
      .join('. ');
    if (server.state === 'failed') {
      item.severity = vscode.LanguageStatusSeverity.Error;
      item.text = 'Foreshot is not running';
      item.detail = server.problem ?? '';
      item.command = { command: 'foreshot.restart', title: 'Restart' };
    } else if (server.state === 'off') {
      item.text = 'Foreshot is turned off';
      item.command = { command: 'workbench.action.openSettings', title: 'Settings', arguments: ['foreshot.enable'] };
    } else if (server.state === 'starting') {
      item.text = 'Foreshot is starting';
      item.command = { command: 'foreshot.showLog', title: 'Show log' };
    } else {
      this.showProject();
    }
  }

  private showProject(): void {
    const { item, store } = this;
    const uri = vscode.window.activeTextEditor?.document.uri;
    const history = (uri === undefined ? undefined : store.find(uri)?.history) ?? only(store.histories);
    const restricted = vscode.workspace.isTrusted ? [] : ['restricted'];
    if (this.indexing) {
      item.text = ['Foreshot is reading the migrations', ...restricted].join(' · ');
    } else if (history === undefined) {
      item.text = ['Foreshot', ...restricted].join(' · ');
    } else {
      const heads = history.heads.length;
      const databases = history.databases?.join(', ') || 'database not known';
      const fresh = newWords(history);
      const words = [fresh, databases, heads === 1 ? '1 head' : `${String(heads)} heads`, ...restricted];
      item.text = words.filter((part) => part !== '').join(' · ');
      if (fresh !== '') item.detail = [`compared with ${history.base ?? ''}`, item.detail ?? ''].filter(Boolean).join('. ');
      if (heads > 1) item.severity = vscode.LanguageStatusSeverity.Warning;
    }
  }
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}
