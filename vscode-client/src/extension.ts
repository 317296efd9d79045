import * as vscode from 'vscode';

import { registerCommands } from './commands/index';
import { RULE, readRule } from './commands/rules';
import { readMade } from './commands/sql';
import { Documents } from './documents';
import { GraphPanel } from './graph/panel';
import { HistoryStore } from './history/store';
import { MigrationsView } from './history/view';
import { ServerControl } from './server/control';
import { Status } from './status';
import { CheckTasks } from './tasks';
import { Timing } from './timing';

let running: ServerControl | undefined;

/** Called by VS Code in a workspace with an Alembic project, or at the first command. */
export function activate(context: vscode.ExtensionContext): void {
  const timing = new Timing();
  const log = vscode.window.createOutputChannel('Foreshot', { log: true });
  const server = new ServerControl(context, log);
  const store = new HistoryStore(server);
  const graph = new GraphPanel(context.extensionUri, store);
  running = server;
  context.subscriptions.push(
    timing,
    log,
    store,
    graph,
    new Status(server, store),
    new MigrationsView(store),
    new Documents(
      {
        [RULE]: (name) => readRule(server, name),
        sql: readMade(server, 'sql'),
        schema: readMade(server, 'schema'),
        pending: readMade(server, 'pending'),
      },
      ['pending'],
    ),
    vscode.tasks.registerTaskProvider('foreshot', new CheckTasks(server)),
    ...registerCommands({ context, timing, server, store, graph }),
  );
  void server.restart('the extension was activated');
}

/** Called by VS Code when the window closes or the extension is turned off. */
export async function deactivate(): Promise<void> {
  await running?.end();
  running = undefined;
}
