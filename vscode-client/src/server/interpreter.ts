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

/** Milliseconds that the Python extension has for its answer; it may be busy with itself. */
const PATIENCE = 10_000;

/** The interpreter that the Python extension has selected, where it is installed. */
export class SelectedInterpreter implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Another one was selected. */
  readonly onDidChange = this.changed.event;
  private subscription: vscode.Disposable | undefined;
  private known: string | undefined;

  /** The one of a folder; without, of the first, which is what a change is told of. */
  async get(folder?: vscode.WorkspaceFolder): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, undefined);
    });
    // Whatever goes wrong there, Foreshot has other ways to find a Python.
    const asked = this.ask(folder ?? vscode.workspace.workspaceFolders?.[0]).catch(() => undefined);
    const found = await Promise.race([asked, late]);
    clearTimeout(timer);
    if (folder === undefined) this.known = found;
    return found;
  }

  dispose(): void {
    this.subscription?.dispose();
    this.changed.dispose();
  }

  private async ask(folder: vscode.WorkspaceFolder | undefined): Promise<string | undefined> {
    const api = await this.api();
    if (api === undefined) return undefined;
    const resolved = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath(folder?.uri));
    return resolved?.executable.uri?.fsPath;
  }

  /** The Python extension tells of a selection also when it begins, and for folders that are not asked about. */
  private async selected(): Promise<void> {
    const before = this.known;
    if ((await this.get()) !== before) this.changed.fire();
  }

  private async api(): Promise<PythonApi | undefined> {
    const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
    if (extension === undefined) return undefined;
    const api = extension.isActive ? extension.exports : await extension.activate();
    await api.ready;
    this.subscription ??= api.environments.onDidChangeActiveEnvironmentPath(() => void this.selected());
    return api;
  }
}
