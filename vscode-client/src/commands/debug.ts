import * as os from 'node:os';
import * as vscode from 'vscode';

import type { HistoryStore } from '../history/store';
import type { ServerControl } from '../server/control';
import { clientSettings } from '../settings';
import type { Timing } from '../timing';
import { withoutPaths } from './paths';

/** Copy what a report of a problem should have: versions and states; nothing of any file, and no address of a database. */
export async function copyDebugInformation(
  context: vscode.ExtensionContext,
  timing: Timing,
  server: ServerControl,
  store: HistoryStore,
): Promise<void> {
  const { version } = context.extension.packageJSON as { version: string };
  const settings = clientSettings();
  const lines = [
    `Foreshot extension: ${version}`,
    `VS Code: ${vscode.version} (${vscode.env.appName}, ${vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop'}, remote: ${vscode.env.remoteName ?? 'none'})`,
    `System: ${process.platform} ${process.arch} ${os.release()}, Node.js ${process.version}`,
    `Server: ${server.state}, ${server.server?.description ?? 'none found'}`,
    `First findings: ${timing.firstFindings === undefined ? 'none yet' : `after ${String(timing.firstFindings)} ms`}`,
    `Problem: ${server.problem ?? 'none'}`,
    `Trusted: ${vscode.workspace.isTrusted ? 'yes' : 'no'}`,
    `Strategy: ${settings.importStrategy}, path ${settings.path === '' ? 'not set' : 'set'}, interpreter ${settings.interpreter === '' ? 'not set' : 'set'}`,
    `Folders: ${String(vscode.workspace.workspaceFolders?.length ?? 0)}`,
    ...store.histories.map(
      ({ revisions, heads, databases }) =>
        `Project: ${String(revisions.length)} revisions, ${String(heads.length)} heads, ${(databases ?? []).join(', ') || 'database not known'}`,
    ),
  ];
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
  await vscode.env.clipboard.writeText(withoutPaths(lines.join('\n'), folders, os.homedir()));
  vscode.window.setStatusBarMessage('Foreshot: debug information copied', 4000);
}
