import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

import type { HistoryData } from '../history/graph';
import type { HistoryStore } from '../history/store';
import type { FromGraph, ToGraph } from './messages';

/** The history graph: one panel beside the editors, which follows the histories while it is there. */
export class GraphPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private selected: string | undefined;
  /** What the page was told last; one that is hidden is told when it is seen again. */
  private told: readonly HistoryData[] | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly store: HistoryStore,
  ) {
    this.subscription = store.onDidChange(() => this.send());
  }

  /** Show the graph, with a revision's file selected. */
  show(uri: vscode.Uri | undefined): void {
    this.selected = uri?.toString();
    if (this.panel === undefined) {
      this.panel = this.create();
    } else {
      this.panel.reveal();
      this.send();
      this.post({ kind: 'focus' });
    }
    void this.store.refresh();
  }

  dispose(): void {
    this.subscription.dispose();
    this.panel?.dispose();
  }

  private create(): vscode.WebviewPanel {
    const folder = vscode.Uri.joinPath(this.extension, 'out', 'webview');
    const panel = vscode.window.createWebviewPanel('foreshot.graph', 'Migration graph', vscode.ViewColumn.Active, {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [folder],
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    panel.onDidChangeViewState(() => this.send());
    panel.webview.onDidReceiveMessage((message: FromGraph) => this.receive(message));
    panel.webview.html = page(panel.webview, folder);
    return panel;
  }

  private receive(message: FromGraph): void {
    if (message.kind === 'ready') {
      this.told = undefined;
      this.send();
    } else if (message.kind === 'open') {
      this.open(message.uri, message.focus).catch((error: unknown) => {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      });
    }
  }

  /** Open a file of the histories, and no other: what a page sends is not trusted. */
  private async open(given: string, focus: boolean): Promise<void> {
    const uri = vscode.Uri.parse(given);
    const found = this.store.find(uri);
    if (found === undefined) return;
    const at = new vscode.Position(found.revision.row, 0);
    await vscode.window.showTextDocument(uri, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: !focus,
      preview: true,
      selection: new vscode.Range(at, at),
    });
  }

  private send(): void {
    if (this.panel?.visible !== true) return;
    const { histories } = this.store;
    if (histories !== this.told) this.post({ kind: 'histories', histories });
    this.told = histories;
    if (this.selected !== undefined && this.store.histories.length > 0) {
      const found = this.store.find(vscode.Uri.parse(this.selected));
      if (found !== undefined) this.post({ kind: 'select', uri: found.revision.uri });
      this.selected = undefined;
    }
  }

  private post(message: ToGraph): void {
    void this.panel?.webview.postMessage(message);
  }
}

/** The page: nothing remote, no inline script or style, the one script by its nonce, its layout in a worker of its own. */
function page(webview: vscode.Webview, folder: vscode.Uri): string {
  const nonce = randomBytes(18).toString('base64url');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'graph.js')).toString();
  const style = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'graph.css')).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; worker-src blob:`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Migration graph</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<header>
<select id="environment" aria-label="Alembic environment" hidden></select>
<input id="search" type="search" placeholder="Search: message, id, table, date" aria-label="Search revisions" spellcheck="false">
<output id="count" aria-live="polite"></output>
<span class="space"></span>
<button id="out" aria-label="Zoom out" title="Zoom out (-)">−</button>
<button id="in" aria-label="Zoom in" title="Zoom in (+)">+</button>
</header>
<main id="graph" role="listbox" tabindex="0" aria-label="Migration history, newest first"><p id="waiting" hidden>No migrations are known, or they are still being read.</p><div id="canvas"></div></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
