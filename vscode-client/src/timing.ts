import * as vscode from 'vscode';

/** How long it took from the activation until the first findings could be seen; for reports of problems. */
export class Timing implements vscode.Disposable {
  private readonly activated = Date.now();
  private readonly subscription: vscode.Disposable;
  /** Milliseconds; undefined before there are any. */
  firstFindings: number | undefined;

  constructor() {
    this.subscription = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      const ours = uris.some((uri) => vscode.languages.getDiagnostics(uri).some(({ source }) => source === 'Foreshot'));
      if (!ours) return;
      this.firstFindings = Date.now() - this.activated;
      this.subscription.dispose();
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
