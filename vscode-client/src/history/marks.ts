import * as vscode from 'vscode';

import { findingCount, findingWords, worst, type Revision, type Severity } from './graph';

const SCHEME = 'foreshot-revision';

const COLORS: Readonly<Partial<Record<Severity, string>>> = {
  error: 'list.errorForeground',
  warning: 'list.warningForeground',
};

/** The address under which a revision of the tree carries its badge: what is found in it is part of the address. */
export function markUri(revision: Revision): vscode.Uri {
  const count = findingCount(revision);
  const query = new URLSearchParams({
    count: String(count),
    worst: worst(revision) ?? '',
    words: findingWords(revision),
  });
  return vscode.Uri.from({ scheme: SCHEME, path: `/${revision.revision ?? ''}`, query: query.toString() });
}

/** Badges with the number of findings. */
export class Marks implements vscode.FileDecorationProvider {
  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const query = new URLSearchParams(uri.query);
    const count = Number(query.get('count'));
    if (!(count > 0)) return undefined;
    const color = COLORS[(query.get('worst') ?? '') as Severity];
    return new vscode.FileDecoration(
      count > 9 ? '9+' : String(count),
      query.get('words') ?? '',
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
  }
}
