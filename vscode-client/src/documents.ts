import * as vscode from 'vscode';

/** The scheme of texts that Foreshot shows and nobody edits: `foreshot:<kind>/<name>`. */
const SCHEME = 'foreshot';

/** Reads the text of one kind of document; `name` is what its address says after the kind. */
export type Reader = (name: string) => Promise<string>;

/** Read-only documents. A kind is added with its reader. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  constructor(private readonly readers: Readonly<Record<string, Reader>>) {}

  provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [kind = '', ...rest] = uri.path.split('/');
    const reader = Object.hasOwn(this.readers, kind) ? this.readers[kind] : undefined;
    const file = rest.join('/');
    const dot = file.lastIndexOf('.');
    return reader === undefined ? Promise.resolve('') : reader(dot < 0 ? file : file.slice(0, dot));
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** The address of a document; `extension` tells VS Code its language. */
export function documentUri(kind: string, name: string, extension: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `${kind}/${name}.${extension}` });
}
