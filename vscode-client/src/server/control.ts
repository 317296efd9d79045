import * as vscode from 'vscode';
import { RevealOutputChannelOn, State, type LanguageClientOptions } from 'vscode-languageclient/node';

import { RESTART_KEYS, clientSettings, serverSettings } from '../settings';
import { ForeshotClient, crashPolicy } from './client';
import { compiledFolder, forgetOthers } from './compiled';
import { NoServer, findServer, projectPython, type FoundServer, type Surroundings } from './find';
import { SelectedInterpreter } from './interpreter';
import { serverLog } from './log';
import { middleware } from './middleware';
import { startProcess } from './process';
import type { Python } from './python';
import { Signal } from './signal';

export type ServerState = 'off' | 'starting' | 'running' | 'failed';

/** The documents that Foreshot reads: never those of other schemes, whose text is not what Alembic would run. */
export const DOCUMENTS = [
  { scheme: 'file', language: 'python' },
  { scheme: 'file', pattern: '**/*.{ini,mako}' },
  { scheme: 'file', pattern: '**/{pyproject,foreshot}.toml' },
] as const;

/** Milliseconds after the last edit until other files are asked about too. */
const SETTLE = 1000;

/** Starts, restarts and stops the server, one thing at a time. */
export class ServerControl implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<ServerState>();
  private readonly refreshed = new vscode.EventEmitter<void>();
  private readonly indexingChanged = new vscode.EventEmitter<boolean>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly interpreter = new SelectedInterpreter();
  private readonly changed = new Signal();
  private readonly compiled: string;
  private settling: NodeJS.Timeout | undefined;
  private queue: Promise<void> = Promise.resolve();
  private waiting = false;
  private disposed = false;
  private client: ForeshotClient | undefined;

  readonly onDidChangeState = this.stateChanged.event;
  /** The server knows something new about the workspace. */
  readonly onDidRefresh = this.refreshed.event;
  readonly onDidChangeIndexing = this.indexingChanged.event;
  state: ServerState = 'off';
  /** The server that was started last. */
  server: FoundServer | undefined;
  /** Why there is none, in words for people. */
  problem: string | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    const { version } = context.extension.packageJSON as { version: string };
    this.compiled = compiledFolder(context.globalStorageUri.fsPath, version);
    void forgetOthers(this.compiled);
    this.subscriptions.push(
      this.stateChanged,
      this.refreshed,
      this.indexingChanged,
      this.interpreter,
      this.interpreter.onDidChange(() => this.restart('another interpreter was selected')),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart('the workspace is trusted')),
      vscode.workspace.onDidChangeConfiguration((event) => this.configurationChanged(event)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && vscode.languages.match([...DOCUMENTS], document) > 0) this.settleSoon();
      }),
      vscode.workspace.onDidCreateFiles(() => this.settleSoon()),
      vscode.workspace.onDidRenameFiles(() => this.settleSoon()),
      vscode.workspace.onDidDeleteFiles(() => this.settleSoon()),
    );
  }

  /** Start, or start anew. Calls that come while one waits are one; the result is awaited by all of them. */
  restart(reason: string): Promise<void> {
    if (!this.waiting) {
      this.waiting = true;
      this.queue = this.queue.then(async () => {
        this.waiting = false;
        this.log.info(`Starting: ${reason}`);
        await this.stop();
        if (!this.disposed) await this.start();
      });
    }
    return this.queue;
  }

  /** Run a command of the server. */
  command<Result>(name: string, argument: object | string): Promise<Result> {
    if (this.client === undefined || this.state !== 'running') {
      return Promise.reject(new Error(this.problem ?? 'The Foreshot server is not running.'));
    }
    return this.client.command<Result>(name, argument);
  }

  /** The interpreter of the project; undefined where there is none, or the workspace is not trusted. */
  async projectPython(): Promise<Python | undefined> {
    return projectPython(await this.surroundings());
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settling);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Stop for good; for the end of the extension. */
  async end(): Promise<void> {
    this.dispose();
    await this.queue;
    await this.stop();
  }

  private async start(): Promise<void> {
    if (!clientSettings().enable) {
      this.become('off');
      return;
    }
    this.problem = undefined;
    this.become('starting');
    try {
      this.server = await findServer(await this.surroundings());
      this.log.info(`Using ${this.server.description}`);
      this.client = this.makeClient(this.server);
      await this.client.start();
    } catch (error) {
      this.fail(error instanceof NoServer ? error.message : `The Foreshot server could not be started: ${String(error)}`);
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    try {
      await client.dispose(2000);
    } catch (error) {
      // It was not running, or did not end in time; the process is killed by the client then.
      this.log.debug(`Stopping: ${String(error)}`);
    }
  }

  private makeClient(server: FoundServer): ForeshotClient {
    const policy = crashPolicy((restarting) => this.crashed(restarting));
    const options: LanguageClientOptions = {
      documentSelector: [...DOCUMENTS],
      initializationOptions: this.serverSettings(),
      outputChannel: this.log,
      stdioOptions: { stdout: () => undefined, stderr: (input) => serverLog(input, this.log) },
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticPullOptions: { onChange: true, onSave: false },
      errorHandler: policy.handler,
      initializationFailedHandler: () => false,
      middleware: middleware(this.changed, { indexing: (busy) => this.indexingChanged.fire(busy) }),
      markdown: { isTrusted: false, supportHtml: false },
    };
    const cwd = this.cwd();
    const further = clientSettings().args;
    const client = new ForeshotClient('foreshot', 'Foreshot', () => startProcess(server, further, cwd), options);
    policy.client = client;
    client.refreshed = () => this.refresh();
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      if (newState === State.Running) this.become('running');
      else if (newState === State.Starting) this.become('starting');
    });
    return client;
  }

  private refresh(): void {
    this.changed.raise();
    this.refreshed.fire();
  }

  private crashed(restarting: boolean): void {
    if (restarting) {
      this.log.warn('The server ended by itself and is started again.');
      return;
    }
    this.fail('The Foreshot server ended by itself five times in three minutes, and was not started again.');
  }

  private fail(message: string): void {
    this.problem = message;
    this.log.error(message);
    this.become('failed');
    void vscode.window.showErrorMessage(message, 'Restart', 'Show log').then((answer) => {
      if (answer === 'Restart') void this.restart('asked for after a failure');
      if (answer === 'Show log') this.log.show();
    });
  }

  private become(state: ServerState): void {
    this.state = state;
    this.stateChanged.fire(state);
  }

  private configurationChanged(event: vscode.ConfigurationChangeEvent): void {
    if (RESTART_KEYS.some((key) => event.affectsConfiguration(key))) {
      void this.restart('the settings have changed');
    } else if (event.affectsConfiguration('foreshot') && this.client?.isRunning() === true) {
      void this.client.sendNotification('workspace/didChangeConfiguration', { settings: this.serverSettings() });
    }
  }

  /** One revision's change may be another's finding: what is open, and the workspace, are asked for again. */
  private settleSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.client?.isRunning() !== true) return;
      this.client.pullAgain();
      this.refresh();
    }, SETTLE);
  }

  private serverSettings(): Record<string, unknown> {
    return serverSettings(this.context.extension.packageJSON);
  }

  private async surroundings(): Promise<Surroundings> {
    return {
      settings: clientSettings(),
      trusted: vscode.workspace.isTrusted,
      folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
      selected: await this.interpreter.get(),
      bundled: this.context.asAbsolutePath('bundled'),
      cache: this.compiled,
      cwd: this.cwd(),
    };
  }

  /** A folder of the extension's own, where there is nothing to import. */
  private cwd(): string {
    return this.context.asAbsolutePath('images');
  }
}
