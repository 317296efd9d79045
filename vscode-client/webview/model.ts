import type { HistoryData, Revision } from '../src/history/graph';
import type { Layout, LayoutInput } from './layout';
import workerSource from 'worker:./worker';

/** A history as it is drawn: rows newest first. */
export interface Model {
  readonly rows: readonly Revision[];
  readonly parents: readonly (readonly number[])[];
  readonly layout: Layout;
}

const worker = new Worker(URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' })));
let asked = 0;
let last: { readonly shape: string; readonly layout: Promise<Layout> } | undefined;

/** Lay a history out beside the page's own thread; undefined when a newer one was asked for meanwhile. */
export async function modelOf(history: HistoryData | undefined): Promise<Model | undefined> {
  const mine = ++asked;
  const rows = [...(history?.revisions ?? [])].reverse();
  const parents = parentRows(rows);
  // Findings and messages come and go far more often than revisions.
  const shape = parents.join(';');
  if (last?.shape !== shape) last = { shape, layout: laidOut(mine, { parents }) };
  const layout = await last.layout;
  return mine === asked ? { rows, parents, layout } : undefined;
}

/** Ask the worker; what it says to another question is not for this one. */
function laidOut(mine: number, input: LayoutInput): Promise<Layout> {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const { signal } = end;
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<{ asked: number; layout: Layout }>) => {
        if (data.asked !== mine) return;
        end.abort();
        resolve(data.layout);
      },
      { signal },
    );
    worker.addEventListener('error', (event) => reject(new Error(event.message)), { signal, once: true });
    worker.postMessage({ ...input, asked: mine });
  });
}

/** Rows of parents; only those further down count, so that a loop of revisions is drawn without its last step. */
function parentRows(rows: readonly Revision[]): number[][] {
  const rowOf = new Map<string, number>();
  rows.forEach((revision, row) => {
    if (revision.revision !== null) rowOf.set(revision.revision, row);
  });
  return rows.map((revision, row) => {
    const found = revision.down_revisions.flatMap((name) => rowOf.get(name) ?? []);
    return [...new Set(found)].filter((parent) => parent > row);
  });
}
