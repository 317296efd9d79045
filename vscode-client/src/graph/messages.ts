import type { HistoryData } from '../history/graph';

/** What the extension tells the graph. */
export type ToGraph =
  | { readonly kind: 'histories'; readonly histories: readonly HistoryData[] }
  | { readonly kind: 'select'; readonly uri: string };

/** What the graph tells the extension. */
export type FromGraph =
  | { readonly kind: 'ready' }
  | { readonly kind: 'open'; readonly uri: string; readonly focus: boolean };
