import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { chainsOf } from '../src/history/chains';
import { findingWords, matches, namedApart, type HistoryData, type Revision } from '../src/history/graph';
import { byId, databasesIn, downgradePath, told, upgradePath } from '../src/history/lineage';
import { HistoryTree, PAGE } from '../src/history/nodes';
import { layOut } from '../webview/layout';

/** A history from `id: parents`, in topological order. */
function history(parents: Record<string, string[]>): HistoryData {
  const ids = Object.keys(parents);
  const children = (id: string): string[] => ids.filter((other) => parents[other]?.includes(id));
  const revisions = ids.map((id): Revision => ({
    revision: id,
    uri: `file:///versions/${id}.py`,
    row: 0,
    down_revisions: parents[id] ?? [],
    depends_on: [],
    branch_labels: [],
    message: `about ${id}`,
    create_date: null,
    head: children(id).length === 0,
    base: parents[id]?.length === 0,
    branch_point: children(id).length > 1,
    merge_point: (parents[id]?.length ?? 0) > 1,
    stale: false,
    findings: {},
  }));
  return { environment: 'migrations', revisions, heads: ids.filter((id) => children(id).length === 0), missing_parents: [] };
}

const DIAMOND = history({ base: [], left: ['base'], right: ['base'], merge: ['left', 'right'], top: ['merge'] });

const ids = (revisions: Iterable<Revision>): string[] => [...revisions].map((one) => one.revision ?? '');

describe('lines of a history', () => {
  it('put every revision on exactly one line, a merge above what it brought together', () => {
    const chains = chainsOf(DIAMOND);
    assert.deepEqual(chains.roots.map((line) => ids(line.revisions)), [['top', 'merge', 'left', 'base']]);
    const merge = byId(DIAMOND).get('merge') as Revision;
    const [side] = chains.into.get(merge) ?? [];
    assert.deepEqual(ids(side?.revisions ?? []), ['right']);
    assert.equal(side?.from?.revision, 'base');
    assert.equal(chains.of.size, 5);
  });

  it('begin at each head, and survive a loop', () => {
    assert.equal(chainsOf(history({ base: [], one: ['base'], two: ['base'] })).roots.length, 2);
    const loop = history({ a: ['b'], b: ['a'] });
    assert.equal(chainsOf(loop).of.size, 2);
  });
});

describe('what Alembic would run', () => {
  const revision = (id: string): Revision => byId(DIAMOND).get(id) as Revision;

  it('upgrades through what is not there yet', () => {
    assert.deepEqual(ids(upgradePath(DIAMOND, revision('merge'), [])), ['base', 'left', 'right', 'merge']);
    assert.deepEqual(ids(upgradePath(DIAMOND, revision('merge'), [revision('left')])), ['right', 'merge']);
    assert.deepEqual(upgradePath(DIAMOND, revision('base'), [revision('top')]), []);
  });

  it('upgrades through what is depended on, by its id or by the label of a branch', () => {
    const two = history({ side: [], base: [], top: ['base'] });
    const [side, , top] = two.revisions as [Revision, Revision, Revision];
    for (const name of ['side', 'reports']) {
      const revisions = [{ ...side, branch_labels: ['reports'] }, two.revisions[1] as Revision, { ...top, depends_on: [name] }];
      assert.deepEqual(ids(upgradePath({ ...two, revisions }, revisions[2] as Revision, [])), ['side', 'base', 'top']);
    }
  });

  it('reads where the database is from what Alembic says, with any line ends', () => {
    const two = 'Current revision(s) for sqlite:///a.db:\r\nRev: left (branchpoint)\r\nParent: base\r\nRev: right\r\n';
    assert.deepEqual(ids(told(DIAMOND, two)), ['left', 'right']);
    assert.deepEqual(ids(told(DIAMOND, 'Current revision(s) for sqlite:///a.db:\nRev: merge (head)\nRev: merge\n')), ['merge']);
    assert.deepEqual(told(DIAMOND, 'Current revision(s) for sqlite:///a.db:\n'), []);
  });

  it('names the databases without user, password and options', () => {
    const said = (url: string): string[] => databasesIn(`INFO about it\nCurrent revision(s) for ${url}:\nRev: left\n`);
    assert.deepEqual(said('postgresql+psycopg://shop:***@db.example:5432/shop?password=abc'), ['postgresql “shop” on db.example:5432']);
    assert.deepEqual(said('sqlite:///shop.db'), ['sqlite “shop.db”']);
    assert.deepEqual(said('mysql://root:a@b@localhost/'), ['mysql on localhost']);
    assert.deepEqual(databasesIn(''), []);
  });

  it('tells environments of one name apart by their folders', () => {
    const one = { ...DIAMOND, environment: 'migrations', place: 'shop/migrations' };
    const other = { ...one, place: 'cellar/migrations' };
    const names = namedApart([one, other, { ...one, environment: 'mail', place: 'mail/alembic' }]).map(({ environment }) => environment);
    assert.deepEqual(names, ['mail', 'migrations (cellar/migrations)', 'migrations (shop/migrations)']);
  });

  it('downgrades through what followed, newest first', () => {
    assert.deepEqual(ids(downgradePath(DIAMOND, revision('base'), [revision('top')])), ['top', 'merge', 'right', 'left']);
    assert.deepEqual(ids(downgradePath(DIAMOND, revision('base'), [revision('left')])), ['left']);
  });
});

describe('the tree', () => {
  const long = history(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`r${String(i)}`, i === 0 ? [] : [`r${String(i - 1)}`]])));

  it('shows a long line page by page', () => {
    const tree = new HistoryTree([long], '');
    const first = tree.children(undefined);
    const more = first.at(-1);
    assert.equal(first.length, PAGE + 1);
    assert.ok(more?.kind === 'more' && more.count === 1000 - PAGE);
    tree.more(more);
    assert.equal(tree.children(undefined).length, 1000);
  });

  it('reaches a revision far down', () => {
    const tree = new HistoryTree([long], '');
    const node = tree.node(long.revisions[10] as Revision);
    assert.ok(node && tree.children(undefined).includes(node));
  });

  it('opens a merge to its branch, which tells where it comes from', () => {
    const tree = new HistoryTree([DIAMOND], '');
    const merge = tree.children(undefined).find((node) => node.kind === 'revision' && node.revision.merge_point);
    assert.deepEqual(tree.children(merge).map((node) => node.kind), ['revision', 'jump']);
    const right = tree.node(byId(DIAMOND).get('right') as Revision);
    assert.equal(right?.parent, merge);
  });

  it('filters by every word', () => {
    assert.deepEqual(new HistoryTree([DIAMOND], 'about ri').children(undefined).map((node) => (node as { revision: Revision }).revision.revision), ['right']);
    assert.ok(matches(DIAMOND.revisions[0] as Revision, 'BASE about'));
  });

  it('puts several environments side by side', () => {
    const tree = new HistoryTree([DIAMOND, history({ other: [] })], '');
    assert.deepEqual(tree.children(undefined).map((node) => node.kind), ['history', 'history']);
  });
});

describe('the layout of the graph', () => {
  it('gives each branch a lane', () => {
    const layout = layOut({ parents: [[1], [2, 3], [4], [4], []] });
    assert.equal(new Set([layout.lanes[2], layout.lanes[3]]).size, 2);
    assert.equal(layout.links.length, 5);
  });

  it('lays out 10,000 revisions with a branch every ten', () => {
    const parents = Array.from({ length: 10_000 }, (_, row) => (row === 9999 ? [] : row % 10 === 0 && row + 5 < 10_000 ? [row + 1, row + 5] : [row + 1]));
    const layout = layOut({ parents });
    assert.equal(layout.lanes.length, 10_000);
    assert.ok(layout.width <= 4);
  });
});

describe('words', () => {
  it('count findings by severity', () => {
    const revision = { ...(DIAMOND.revisions[0] as Revision), findings: { error: 1, warning: 2, information: 3, hint: 1 } };
    assert.equal(findingWords(revision), '1 error, 2 warnings, 3 information, 1 hint');
  });
});
