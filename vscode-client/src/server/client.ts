import { workspace } from 'vscode';
import {
  CloseAction,
  CodeLensRequest,
  DiagnosticRefreshRequest,
  DocumentDiagnosticRequest,
  ExecuteCommandRequest,
  LanguageClient,
  type DynamicFeature,
  type Disposable,
  type ErrorHandler,
  type GenericRequestHandler,
  type InitializeParams,
  type StaticFeature,
} from 'vscode-languageclient/node';

/**
 * A language client that leaves the server's commands to the extension: they are in its manifest, ask what they need to
 * know, and are there before the server is and while it restarts.
 */
export class ForeshotClient extends LanguageClient {
  /** Called when the server says that what it knows of the workspace has changed. */
  refreshed: (() => void) | undefined;

  /** VS Code shows the findings of a place in its hover; the server's card need not say them again. */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.capabilities.experimental = { ...(params.capabilities.experimental as object | undefined), diagnosticsInHover: true };
  }

  override onRequest(type: unknown, handler: unknown): Disposable {
    const method = typeof type === 'string' ? type : (type as { method: string }).method;
    const inner = handler as GenericRequestHandler<unknown, unknown>;
    if (method !== DiagnosticRefreshRequest.method) return super.onRequest(method, inner);
    return super.onRequest(method, (...given: Parameters<typeof inner>) => {
      this.refreshed?.();
      return inner(...given);
    });
  }

  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const type = (feature as Partial<DynamicFeature<unknown>>).registrationType;
    if (type?.method !== ExecuteCommandRequest.type.method) super.registerFeature(feature);
  }

  /** Its failures go to the log: what a person has to know is said once, by the extension, in its words. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  /** Ask again for the diagnostics of everything that is open. */
  pullAgain(): void {
    this.getFeature(DocumentDiagnosticRequest.method).refresh();
  }

  /** Ask again for the lenses of everything that is open. */
  lensesAgain(): void {
    const feature = this.getFeature(CodeLensRequest.method);
    const providers = workspace.textDocuments.flatMap((document) => feature.getProvider(document) ?? []);
    for (const { onDidChangeCodeLensEmitter } of new Set(providers)) onDidChangeCodeLensEmitter.fire();
  }

  /** Run one of the server's commands. */
  async command<Result>(name: string, argument: object | string): Promise<Result> {
    return (await this.sendRequest(ExecuteCommandRequest.type, { command: name, arguments: [argument] })) as Result;
  }
}

export interface CrashPolicy {
  readonly handler: ErrorHandler;
  /** The client whose own policy decides; it exists only after its options. */
  client: LanguageClient | undefined;
}

/**
 * The client's own policy (four restarts in three minutes), with our words when it gives up. `worthwhile` says whether a
 * restart may help at all.
 */
export function crashPolicy(worthwhile: () => boolean, crashed: (restarting: boolean) => void): CrashPolicy {
  let inner: ErrorHandler | undefined;
  const policy: CrashPolicy = {
    client: undefined,
    handler: {
      error: (error, message, count) => ask().error(error, message, count),
      closed: async () => {
        const decision = worthwhile() ? await ask().closed() : { action: CloseAction.DoNotRestart };
        const restarting = decision.action === CloseAction.Restart;
        crashed(restarting);
        return { ...decision, handled: true };
      },
    },
  };
  const ask = (): ErrorHandler => {
    if (policy.client === undefined) throw new Error('The client is not made yet.');
    return (inner ??= policy.client.createDefaultErrorHandler());
  };
  return policy;
}
