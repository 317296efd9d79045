import * as vscode from 'vscode';

import type { ServerControl } from './server/control';
import { cleanEnvironment } from './server/isolation';

const TYPE = 'foreshot';

interface CheckTask extends vscode.TaskDefinition {
  readonly type: typeof TYPE;
  readonly path?: string;
  readonly args?: readonly string[];
}

/** Tasks that run `foreshot check` over a folder, with the server's own Foreshot. */
export class CheckTasks implements vscode.TaskProvider {
  constructor(private readonly server: ServerControl) {}

  provideTasks(): vscode.Task[] {
    return (vscode.workspace.workspaceFolders ?? []).flatMap((folder) => this.task({ type: TYPE }, folder) ?? []);
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
    return folder === undefined ? undefined : this.task(task.definition as CheckTask, folder);
  }

  private task(definition: CheckTask, folder: vscode.WorkspaceFolder): vscode.Task | undefined {
    const found = this.server.server;
    if (found === undefined) return undefined;
    const args = [...found.args, 'check', '--output-format', 'concise', ...(definition.args ?? []), definition.path ?? '.'];
    const environment = Object.entries(cleanEnvironment()).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const execution = new vscode.ProcessExecution(found.command, args, {
      cwd: folder.uri.fsPath,
      env: Object.fromEntries(environment),
    });
    const task = new vscode.Task(definition, folder, 'check', TYPE, execution, '$foreshot');
    task.group = vscode.TaskGroup.Test;
    return task;
  }
}
