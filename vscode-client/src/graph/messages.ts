import type { HistoryData } from '../history/graph';

/** What the extension tells the graph. */
export type ToGraph =
  | { readonly kind: 'histories'; readonly histories: readonly HistoryData[] }
  | { readonly kind: 'select'; readonly uri: string }
  /** The page is in front again: the keyboard goes to the graph. */
  | { readonly kind: 'focus' };

/** What the graph tells the extension. */
export type FromGraph =
  | { readonly kind: 'ready' }
  | { readonly kind: 'open'; readonly uri: string; readonly focus: boolean };
