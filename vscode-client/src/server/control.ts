import * as vscode from 'vscode';
import { RevealOutputChannelOn, State, type LanguageClientOptions } from 'vscode-languageclient/node';

import { RESTART_KEYS, clientSettings, serverSettings } from '../settings';
import { ForeshotClient, crashPolicy } from './client';
import { compiledFolder, forgetOthers } from './compiled';
import { NoServer, findServer, projectPython, type FoundServer, type Surroundings } from './find';
import { SelectedInterpreter } from './interpreter';
import { serverLog } from './log';
import { middleware } from './middleware';
import { Processes } from './process';
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

/** Milliseconds that a server has for its first answer. */
const PATIENCE = 60_000;

/** Nobody waits for this start any more: another one follows, or the end. */
class Superseded extends Error {}

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
  /** Of the client. */
  private processes = new Processes();
  /** Ends the wait for a server that is just being started. */
  private giveUp: (reason: Error) => void = () => undefined;

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
      // One that does not answer would keep everybody waiting.
      this.giveUp(new Superseded());
      this.queue = this.queue.then(async () => {
        this.waiting = false;
        this.log.info(`Starting: ${reason}`);
        await this.stop();
        if (!this.disposed) await this.start();
      });
    }
    return this.queue;
  }

  /** Run a command of the server; one that is being started is waited for. */
  async command<Result>(name: string, argument: object | string): Promise<Result> {
    await this.queue;
    if (this.client === undefined || this.problem !== undefined) throw new Error(this.problem ?? 'The Foreshot server is not running.');
    return this.client.command<Result>(name, argument);
  }

  /** The server that was started last, after what is being started now. */
  async whenFound(): Promise<FoundServer | undefined> {
    await this.queue;
    return this.server;
  }

  /** The interpreter of the project that a file is of; undefined where there is none, or the workspace is not trusted. */
  async projectPython(file: vscode.Uri): Promise<Python | undefined> {
    return projectPython(await this.surroundings(vscode.workspace.getWorkspaceFolder(file)));
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settling);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Stop for good; for the end of the extension. */
  async end(): Promise<void> {
    this.dispose();
    this.giveUp(new Superseded());
    await this.queue;
    await this.stop();
  }

  private async start(): Promise<void> {
    if (!clientSettings().enable) {
      this.problem = 'Foreshot is turned off by the setting foreshot.enable.';
      this.become('off');
      return;
    }
    this.problem = undefined;
    this.become('starting');
    try {
      this.server = await findServer(await this.surroundings());
      this.log.info(`Using ${this.server.description}`);
      this.client = this.makeClient(this.server);
      await this.answered(this.client);
    } catch (error) {
      if (error instanceof Superseded) return;
      if (!(error instanceof NoServer)) this.log.error(error instanceof Error ? error : String(error));
      this.fail(error instanceof NoServer ? error.message : 'The Foreshot server could not be started. The log says more.');
    }
  }

  /** Start a client; throws when its server does not answer in time, or nobody waits for it any more. */
  private async answered(client: ForeshotClient): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<never>((_, reject) => {
      this.giveUp = reject;
      timer = setTimeout(() => reject(new NoServer('The Foreshot server has not answered for a minute. The log may say why.')), PATIENCE);
    });
    try {
      await Promise.race([client.start(), given]);
    } finally {
      clearTimeout(timer);
      this.giveUp = () => undefined;
    }
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    let grace = 1000;
    try {
      await client.dispose(2000);
    } catch (error) {
      // It was not running yet, and shall not be any more; or it did not end in time.
      this.log.debug(`Stopping: ${String(error)}`);
      grace = 0;
    }
    await this.processes.end(grace);
  }

  private makeClient(server: FoundServer): ForeshotClient {
    let answered = false;
    // A server that ends before it has ever answered would do the same again.
    const policy = crashPolicy(
      () => answered && client === this.client,
      (restarting) => {
        if (client !== this.client) return;
        if (answered) this.crashed(restarting);
        else this.giveUp(new Error('The server ended before it had answered.'));
      },
    );
    const options: LanguageClientOptions = {
      documentSelector: [...DOCUMENTS],
      // Asked for at each start: one after a crash needs what has been set since.
      initializationOptions: () => this.serverSettings(),
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
    const processes = (this.processes = new Processes());
    const client = new ForeshotClient('foreshot', 'Foreshot', () => processes.start(server, further, cwd), options);
    policy.client = client;
    client.refreshed = () => this.refresh();
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      answered ||= newState === State.Running;
      if (newState === State.Running) {
        // One that took longer than anybody waited is there after all.
        this.problem = undefined;
        this.become('running');
      } else if (newState === State.Starting) this.become('starting');
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
    } else if (event.affectsConfiguration('foreshot')) {
      if (event.affectsConfiguration('foreshot.codeLens')) this.client?.lensesAgain();
      // The client waits with it for a server that is being started. One that is not running is told at its next start.
      this.client
        ?.sendNotification('workspace/didChangeConfiguration', { settings: this.serverSettings() })
        .catch((error: unknown) => this.log.debug(`Settings were not sent: ${String(error)}`));
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

  /** For the workspace, or for one folder of it, which comes first then. */
  private async surroundings(first?: vscode.WorkspaceFolder): Promise<Surroundings> {
    const folders = new Set([...(first === undefined ? [] : [first]), ...(vscode.workspace.workspaceFolders ?? [])]);
    return {
      settings: clientSettings(first),
      trusted: vscode.workspace.isTrusted,
      folders: [...folders].map((folder) => folder.uri.fsPath),
      selected: await this.interpreter.get(first),
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
