import * as vscode from 'vscode';

import type { Revision } from './graph';
import { itemOf } from './items';
import { Marks } from './marks';
import { HistoryTree, type MoreNode, type TreeNode } from './nodes';
import type { HistoryStore } from './store';

/** The view "Migrations": the history as a tree, with the open revision revealed. */
export class MigrationsView implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode | undefined>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly view: vscode.TreeView<TreeNode>;
  private tree = new HistoryTree([], '');
  private filter = '';
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly store: HistoryStore) {
    this.view = vscode.window.createTreeView('foreshot.migrations', { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = [
      this.view,
      this.changed,
      vscode.window.registerFileDecorationProvider(new Marks()),
      store.onDidChange(() => this.rebuild()),
      this.view.onDidChangeVisibility(() => this.revealActive()),
      vscode.window.onDidChangeActiveTextEditor(() => this.revealActive()),
      vscode.commands.registerCommand('foreshot.tree.open', (revision: Revision) => this.open(revision)),
      vscode.commands.registerCommand('foreshot.tree.more', (node: MoreNode) => {
        this.tree.more(node);
        this.changed.fire(node.parent);
      }),
      vscode.commands.registerCommand('foreshot.tree.reveal', (revision: Revision) => this.reveal(revision, true)),
      vscode.commands.registerCommand('foreshot.filterMigrations', () => this.askFilter()),
      vscode.commands.registerCommand('foreshot.clearFilter', () => this.setFilter('')),
      vscode.commands.registerCommand('foreshot.revealRevision', () => this.revealActive(true)),
    ];
    this.rebuild();
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return itemOf(node);
  }

  getChildren(node?: TreeNode): TreeNode[] {
    return this.tree.children(node);
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.kind === 'history' ? undefined : node.parent;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private rebuild(): void {
    this.tree = new HistoryTree(this.store.histories, this.filter);
    const forked = this.store.histories.some((history) => history.heads.length > 1);
    this.view.message = this.filter === '' ? undefined! : `Filtered by “${this.filter}”`;
    this.view.badge = forked ? { value: 1, tooltip: 'There are several heads' } : undefined;
    void vscode.commands.executeCommand('setContext', 'foreshot.filtered', this.filter !== '');
    void vscode.commands.executeCommand('setContext', 'foreshot.hasHistory', this.store.histories.length > 0);
    this.changed.fire(undefined);
    this.revealActive();
  }

  private async open(revision: Revision): Promise<void> {
    const at = new vscode.Position(revision.row, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(revision.uri), {
      selection: new vscode.Range(at, at),
      preview: true,
    });
  }

  private revealActive(focus = false): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const found = uri?.scheme === 'file' ? this.store.find(uri) : undefined;
    if (found !== undefined && (focus || this.view.visible)) void this.reveal(found.revision, focus);
    else if (focus) void vscode.window.showInformationMessage('The file in front is no revision of an Alembic project.');
  }

  private async reveal(revision: Revision, focus: boolean): Promise<void> {
    const node = this.tree.node(revision);
    if (node === undefined) {
      if (focus) void vscode.window.showInformationMessage('The filter of the view Migrations leaves this revision out.');
      return;
    }
    // Its line may be shown further now, and only what the view has read can be revealed: this is waited for.
    this.changed.fire(node.parent);
    try {
      await this.view.reveal(node, { select: true, focus });
    } catch {
      // The tree has been rebuilt meanwhile, and shows the revision by itself.
    }
  }

  private async askFilter(): Promise<void> {
    const text = await vscode.window.showInputBox({
      title: 'Filter migrations',
      prompt: 'Words of the message, the id, a branch label or the file name',
      value: this.filter,
    });
    if (text !== undefined) this.setFilter(text.trim());
  }

  private setFilter(text: string): void {
    this.filter = text;
    this.rebuild();
  }
}
