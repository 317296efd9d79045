import * as vscode from 'vscode';

/** The scheme of texts that Foreshot shows and nobody edits: `foreshot:<kind>/<name>`. */
const SCHEME = 'foreshot';

/** Reads the text of one kind of document; `name` is what its address says after the kind, `about` the file that it is made of. */
export type Reader = (name: string, about: string) => Promise<string>;

/** Milliseconds without a keystroke after which what follows the typing is made anew. */
const PAUSE = 150;

/** Read-only documents. A kind is added with its reader; those that are `live` follow the typing, the others what is saved. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private typing: NodeJS.Timeout | undefined;
  private readonly registrations = [
    this.changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
    // What is made of files is made anew when one is saved.
    vscode.workspace.onDidSaveTextDocument(() => this.makeAnew(() => true)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.scheme !== 'file') return;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.makeAnew((kind) => this.live.includes(kind)), PAUSE);
    }),
  ];

  constructor(
    private readonly readers: Readonly<Record<string, Reader>>,
    private readonly live: readonly string[],
  ) {}

  private makeAnew(wanted: (kind: string) => boolean): void {
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === SCHEME && uri.query !== '' && wanted(uri.path.split('/')[0] ?? '')) this.changed.fire(uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const [kind = '', ...rest] = uri.path.split('/');
    const reader = Object.hasOwn(this.readers, kind) ? this.readers[kind] : undefined;
    const file = rest.join('/');
    const dot = file.lastIndexOf('.');
    return reader === undefined ? Promise.resolve('') : reader(dot < 0 ? file : file.slice(0, dot), uri.query);
  }

  dispose(): void {
    clearTimeout(this.typing);
    for (const one of this.registrations) one.dispose();
  }
}

/** The address of a document; `extension` tells VS Code its language, `about` is the address of the file that it is made of. */
export function documentUri(kind: string, name: string, extension: string, about = ''): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `${kind}/${name}.${extension}`, query: about });
}
