import * as vscode from 'vscode';

import { findingWords, roles, titleOf, type Revision } from './graph';
import { markUri } from './marks';
import type { TreeNode } from './nodes';

/** How a node of the tree looks, and what choosing it does. */
export function itemOf(node: TreeNode): vscode.TreeItem {
  switch (node.kind) {
    case 'history': {
      const item = new vscode.TreeItem(node.history.environment, vscode.TreeItemCollapsibleState.Expanded);
      item.iconPath = new vscode.ThemeIcon('database');
      item.description = (node.history.databases ?? []).join(', ');
      item.contextValue = 'history';
      return item;
    }
    case 'more': {
      const item = new vscode.TreeItem(`${String(node.count)} older revisions…`);
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.command = { command: 'foreshot.tree.more', title: 'Show more', arguments: [node] };
      return item;
    }
    case 'jump': {
      const item = new vscode.TreeItem(`branches off from ${titleOf(node.to)}`);
      item.description = shortId(node.to);
      item.iconPath = new vscode.ThemeIcon('git-branch');
      item.command = { command: 'foreshot.tree.reveal', title: 'Show the branch point', arguments: [node.to] };
      return item;
    }
    case 'revision':
      return revisionItem(node.revision, node.lines.length > 0);
  }
}

function revisionItem(revision: Revision, opens: boolean): vscode.TreeItem {
  const state = opens ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
  const item = new vscode.TreeItem(titleOf(revision), state);
  const fresh = revision.shipped === false ? ['new'] : [];
  const words = [...fresh, ...roles(revision), ...revision.branch_labels.map((label) => `[${label}]`)];
  item.description = [shortId(revision), ...words].join(' · ');
  item.iconPath = iconOf(revision);
  item.resourceUri = markUri(revision);
  item.contextValue = 'revision';
  item.tooltip = [
    titleOf(revision),
    `${revision.revision ?? '(unreadable id)'}${revision.create_date === null ? '' : `, ${revision.create_date}`}`,
    words.join(', '),
    findingWords(revision),
  ]
    .filter((line) => line !== '')
    .join('\n');
  item.accessibilityInformation = { label: [titleOf(revision), ...words, findingWords(revision)].filter(Boolean).join(', ') };
  item.command = { command: 'foreshot.tree.open', title: 'Open', arguments: [revision] };
  return item;
}

function iconOf(revision: Revision): vscode.ThemeIcon {
  if (revision.stale || (revision.missing ?? []).length > 0) return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  if (revision.merge_point) return new vscode.ThemeIcon('git-merge');
  if (revision.head) return new vscode.ThemeIcon('target', new vscode.ThemeColor('charts.green'));
  if (revision.branch_point) return new vscode.ThemeIcon('repo-forked');
  return new vscode.ThemeIcon('git-commit');
}

function shortId(revision: Revision): string {
  const id = revision.revision ?? '';
  return id.length > 14 ? `${id.slice(0, 12)}…` : id;
}
