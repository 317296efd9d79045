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

/** Lay a history out beside the page's own thread; undefined when a newer one was asked for meanwhile. */
export async function modelOf(history: HistoryData): Promise<Model | undefined> {
  const mine = ++asked;
  const rows = [...history.revisions].reverse();
  const parents = parentRows(rows);
  const input: LayoutInput = { parents };
  const layout = await new Promise<Layout>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<Layout>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(input);
  });
  return mine === asked ? { rows, parents, layout } : undefined;
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
