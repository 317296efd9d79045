import * as vscode from 'vscode';

/** What is used of the Python extension's interface; it is asked for softly, and nothing needs it. */
interface PythonApi {
  readonly ready?: Promise<void>;
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const PYTHON_EXTENSION = 'ms-python.python';

/** The interpreter that the Python extension has selected, where it is installed. */
export class SelectedInterpreter implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Another one was selected. */
  readonly onDidChange = this.changed.event;
  private subscription: vscode.Disposable | undefined;

  async get(): Promise<string | undefined> {
    try {
      const api = await this.api();
      if (api === undefined) return undefined;
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
      const resolved = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath(folder));
      return resolved?.executable.uri?.fsPath;
    } catch {
      // Whatever goes wrong there, Foreshot has other ways to find a Python.
      return undefined;
    }
  }

  dispose(): void {
    this.subscription?.dispose();
    this.changed.dispose();
  }

  private async api(): Promise<PythonApi | undefined> {
    const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
    if (extension === undefined) return undefined;
    const api = extension.isActive ? extension.exports : await extension.activate();
    await api.ready;
    this.subscription ??= api.environments.onDidChangeActiveEnvironmentPath(() => this.changed.fire());
    return api;
  }
}
