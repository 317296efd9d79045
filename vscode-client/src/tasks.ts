import * as vscode from 'vscode';

import type { FoundServer } from './server/find';
import type { ServerControl } from './server/control';
import { givenSetting } from './settings';

const TYPE = 'foreshot';

interface CheckTask extends vscode.TaskDefinition {
  readonly type: typeof TYPE;
  readonly path?: string;
  readonly args?: readonly string[];
}

/** Tasks that run `foreshot check` over a folder, with the server's own Foreshot. */
export class CheckTasks implements vscode.TaskProvider {
  constructor(private readonly server: ServerControl) {}

  async provideTasks(): Promise<vscode.Task[]> {
    const found = await this.server.whenFound();
    if (found === undefined) return [];
    return (vscode.workspace.workspaceFolders ?? []).map((folder) => this.task({ type: TYPE }, folder, found));
  }

  async resolveTask(task: vscode.Task): Promise<vscode.Task | undefined> {
    const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
    const found = await this.server.whenFound();
    return folder && found && this.task(task.definition as CheckTask, folder, found);
  }

  private task(definition: CheckTask, folder: vscode.WorkspaceFolder, { command, args }: FoundServer): vscode.Task {
    const level = givenSetting('failLevel');
    const options = [...(typeof level === 'string' ? ['--fail-level', level] : []), ...(definition.args ?? [])];
    const check = [...args, 'check', '--output-format', 'concise', ...options, definition.path ?? '.'];
    const execution = new vscode.ProcessExecution(command, check, { cwd: folder.uri.fsPath });
    // What the server has found stands in Problems already, and would stand there twice.
    const matchers = this.server.state === 'running' ? [] : ['$foreshot'];
    const task = new vscode.Task(definition, folder, 'check', TYPE, execution, matchers);
    task.group = vscode.TaskGroup.Test;
    return task;
  }
}
