import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';

import { Signal } from './signal';

export interface MiddlewareHooks {
  /** The server reads the workspace (true), or is done with it. */
  indexing(busy: boolean): void;
}

/** Progress tokens of the server's readings of the workspace begin so. */
const INDEXING = 'foreshot/index/';

/**
 * What the extension changes of the client's manners: lenses can be turned off, and the workspace is asked for its diagnostics only after something has changed (the client itself asks every two seconds).
 */
export function middleware(changed: Signal, hooks: MiddlewareHooks): Middleware {
  let first = true;
  return {
    provideCodeLenses(document, token, next) {
      const wanted = vscode.workspace.getConfiguration('foreshot', document).get('codeLens', true);
      return wanted ? next(document, token) : [];
    },
    handleWorkDoneProgress(token, params, next) {
      if (String(token).startsWith(INDEXING)) hooks.indexing(params.kind !== 'end');
      next(token, params);
    },
    async provideWorkspaceDiagnostics(ids, token, reporter, next) {
      if (!first) await changed.wait(token.onCancellationRequested.bind(token));
      first = false;
      return token.isCancellationRequested ? { items: [] } : next(ids, token, reporter);
    },
  };
}
