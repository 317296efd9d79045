import type { FromGraph, ToGraph } from '../src/graph/messages';
import type { HistoryData } from '../src/history/graph';
import { modelOf, type Model } from './model';
import { Search } from './search';
import { View } from './view';

const vscode = acquireVsCodeApi();
const scroller = element('graph');
const environment = element('environment') as HTMLSelectElement;
const view = new View(scroller, element('canvas'));
const search = new Search(element('search') as HTMLInputElement, element('count'), (found, row) => {
  view.found = found;
  if (row === undefined) view.redraw();
  else view.select(row);
});
let histories: readonly HistoryData[] = [];
let model: Model | undefined;
let wanted: string | undefined;

window.addEventListener('message', (event: MessageEvent<ToGraph>) => {
  const message = event.data;
  if (message.kind === 'focus') {
    scroller.focus();
  } else if (message.kind === 'select') {
    wanted = message.uri;
    void show();
  } else {
    histories = message.histories;
    listEnvironments();
    void show();
  }
});

async function show(): Promise<void> {
  const named = histories.findIndex((one) => one.revisions.some((revision) => revision.uri === wanted));
  if (named >= 0) environment.selectedIndex = named;
  const history = histories[Math.max(0, environment.selectedIndex)];
  element('waiting').hidden = history !== undefined;
  const made = await modelOf(history);
  if (made === undefined) return;
  const rowOfFile = (uri: string | undefined): number => made.rows.findIndex((revision) => revision.uri === uri);
  // The same revision stays selected, wherever it stands now.
  view.selected = rowOfFile(model?.rows[view.selected]?.uri);
  model = made;
  view.show(made);
  search.over(made.rows);
  const row = rowOfFile(wanted);
  wanted = undefined;
  if (row >= 0) view.select(row);
  scroller.dataset['rows'] = String(made.rows.length);
}

function listEnvironments(): void {
  const before = environment.value;
  const options = histories.map((history) => {
    const option = document.createElement('option');
    option.value = option.textContent = history.environment;
    return option;
  });
  environment.replaceChildren(...options);
  environment.hidden = histories.length < 2;
  if (histories.some((history) => history.environment === before)) environment.value = before;
}

function open(row: number, focus: boolean): void {
  const revision = model?.rows[row];
  if (revision !== undefined) post({ kind: 'open', uri: revision.uri, focus });
}

/** To a parent of the selected revision, or to the nearest child. */
function follow(direction: 'parent' | 'child'): void {
  const rows = model?.parents ?? [];
  const next =
    direction === 'parent'
      ? rows[view.selected]?.[0]
      : rows.findLastIndex((parents, row) => row < view.selected && parents.includes(view.selected));
  if (next !== undefined && next >= 0) view.select(next);
}

const KEYS: Readonly<Record<string, () => void>> = {
  ArrowDown: () => view.select(view.selected + 1),
  ArrowUp: () => view.select(view.selected - 1),
  ArrowRight: () => follow('parent'),
  ArrowLeft: () => follow('child'),
  PageDown: () => view.select(view.selected + view.page),
  PageUp: () => view.select(view.selected - view.page),
  Home: () => view.select(0),
  End: () => view.select(view.count - 1),
  Enter: () => open(view.selected, true),
  ' ': () => open(view.selected, false),
  '+': () => view.zoomBy(1.25),
  '=': () => view.zoomBy(1.25),
  '-': () => view.zoomBy(0.8),
  '/': () => search.focus(),
};

scroller.addEventListener('keydown', (event) => {
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
element('search').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') search.step(event.shiftKey ? -1 : 1);
  else if (event.key === 'Escape' || event.key === 'ArrowDown') scroller.focus();
  else return;
  event.preventDefault();
});
scroller.addEventListener('click', (event) => {
  const row = rowOf(event.target);
  if (row !== undefined) view.select(row);
});
scroller.addEventListener('dblclick', (event) => {
  const row = rowOf(event.target);
  if (row !== undefined) open(row, true);
});
scroller.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    view.zoomBy(event.deltaY < 0 ? 1.1 : 0.9);
  },
  { passive: false },
);
scroller.addEventListener('pointermove', (event) => {
  if ((event.buttons & 1) === 0 || event.pointerType !== 'mouse') return;
  scroller.scrollBy(-event.movementX, -event.movementY);
});
environment.addEventListener('change', () => void show());
element('in').addEventListener('click', () => view.zoomBy(1.25));
element('out').addEventListener('click', () => view.zoomBy(0.8));

function rowOf(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('.row')?.dataset['row'] : undefined;
  return row === undefined ? undefined : Number(row);
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page lacks ${id}.`);
  return found;
}

function post(message: FromGraph): void {
  vscode.postMessage(message);
}

// A tab that is shown again gets the window's focus, and nothing in it.
window.addEventListener('focus', () => {
  if (document.activeElement === null || document.activeElement === document.body) scroller.focus();
});
scroller.focus();
post({ kind: 'ready' });
