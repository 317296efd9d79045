import * as vscode from 'vscode';

import type { GraphPanel } from '../graph/panel';
import type { HistoryStore } from '../history/store';
import type { ServerControl } from '../server/control';
import type { Timing } from '../timing';
import { migrate } from './alembic';
import { copyDebugInformation } from './debug';
import { fixAll } from './fixes';
import { mergeHeads, newRevision } from './revisions';
import { explainRule } from './rules';
import { showMade } from './sql';
import { statusMenu } from './menu';

export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly timing: Timing;
  readonly server: ServerControl;
  readonly store: HistoryStore;
  readonly graph: GraphPanel;
}

/** Register every command of the manifest that is not of a view. */
export function registerCommands({ context, timing, server, store, graph }: Parts): vscode.Disposable[] {
  const commands: Record<string, (argument: unknown) => unknown> = {
    'foreshot.newRevision': () => newRevision(server, store),
    'foreshot.mergeHeads': () => mergeHeads(server, store),
    'foreshot.showGraph': (given) => graph.show(uriOf(given) ?? active()),
    'foreshot.explainRule': (given) => explainRule(server, given),
    'foreshot.showSql': (given) => showMade(server, 'sql', uriOf(given) ?? active()),
    'foreshot.showSchema': (given) => showMade(server, 'schema', uriOf(given) ?? active()),
    'foreshot.showPending': (given) => showMade(server, 'pending', uriOf(given) ?? active()),
    'foreshot.openRevision': (given) => openRevision(given),
    'foreshot.fixAll': () => fixAll(),
    'foreshot.statusMenu': () => statusMenu(),
    'foreshot.restart': () => restart(server),
    'foreshot.showLog': () => server.log.show(),
    'foreshot.copyDebugInformation': () => copyDebugInformation(context, timing, server, store),
    'foreshot.upgradeTo': (given) => migrate('upgrade', server, store, uriOf(given)),
    'foreshot.downgradeTo': (given) => migrate('downgrade', server, store, uriOf(given)),
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(name, async (argument: unknown) => {
      try {
        await run(argument);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

async function restart(server: ServerControl): Promise<void> {
  await server.restart('asked for');
  // A failure has told of itself.
  if (server.state === 'off') throw new Error(server.problem);
}

async function openRevision(given: unknown): Promise<void> {
  const uri = uriOf(given);
  if (uri !== undefined) await vscode.window.showTextDocument(uri);
}

function active(): vscode.Uri | undefined {
  return vscode.window.activeTextEditor?.document.uri;
}

/** The file that an argument names: of a lens (`{uri}`), of a node of the tree, or of an editor's menu. */
function uriOf(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const { uri, revision } = given as { uri?: unknown; revision?: { uri?: unknown } };
  const text = uri ?? revision?.uri;
  return typeof text === 'string' ? vscode.Uri.parse(text) : undefined;
}
