import type { HistoryData, Revision } from './graph';

/** Revisions by id, and by the label of a branch that begins with them; of several with one name the first counts. */
export type ById = ReadonlyMap<string, Revision>;

export function byId(data: HistoryData): ById {
  const found = new Map<string, Revision>();
  for (const revision of data.revisions) {
    if (revision.revision !== null && !found.has(revision.revision)) found.set(revision.revision, revision);
  }
  for (const revision of data.revisions) {
    for (const label of revision.branch_labels) if (!found.has(label)) found.set(label, revision);
  }
  return found;
}

/** The revision that a name means: its id or label itself, or the only id that begins with it. */
export function named(ids: ById, name: string): Revision | undefined {
  const exact = ids.get(name);
  if (exact !== undefined || name.length < 4) return exact;
  const near = [...new Set(ids.values())].filter((revision) => revision.revision?.startsWith(name) === true);
  return near.length === 1 ? near[0] : undefined;
}

/** The revisions that `alembic current --verbose` has told: after `Rev: `, each once. */
export function told(data: HistoryData, said: string): Revision[] {
  const ids = byId(data);
  const found = [...said.matchAll(/^Rev: (\S+)/gm)].flatMap(([, name = '']) => named(ids, name) ?? []);
  return [...new Set(found)];
}

/** The databases that `alembic current --verbose` has asked: what and where, without user, password and options. */
export function databasesIn(said: string): string[] {
  const found = [...said.matchAll(/^Current revision\(s\) for (\S+):\s*$/gm)].map(([, url = '']) => placeOf(url));
  return [...new Set(found.filter((place) => place !== ''))];
}

function placeOf(url: string): string {
  const [, scheme = '', rest = ''] = /^([a-z0-9]+)(?:\+[a-z0-9_]+)?:\/\/(.*)$/i.exec(url) ?? [];
  const bare = (rest.split(/[?#]/)[0] ?? '').replace(/^.*@/, '');
  const slash = bare.indexOf('/');
  const [host, name] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash + 1)];
  const where = [name === '' ? '' : `“${name}”`, host === '' ? '' : `on ${host}`].filter((part) => part !== '').join(' ');
  return scheme === '' ? '' : `${scheme} ${where}`.trim();
}

/** What has to run before a revision: parents and dependencies. */
export function before(ids: ById, revision: Revision): Revision[] {
  return [...revision.down_revisions, ...revision.depends_on].flatMap((name) => named(ids, name) ?? []);
}

/** A revision and everything before it. */
export function withAncestors(ids: ById, start: Iterable<Revision>): Set<Revision> {
  const found = new Set<Revision>(start);
  for (const revision of found) for (const earlier of before(ids, revision)) found.add(earlier);
  return found;
}

/** What an upgrade to `target` runs on a database at `current`, in the order in which it runs. */
export function upgradePath(data: HistoryData, target: Revision, current: readonly Revision[]): Revision[] {
  const ids = byId(data);
  const done = withAncestors(ids, current);
  const wanted = withAncestors(ids, [target]);
  return data.revisions.filter((revision) => wanted.has(revision) && !done.has(revision));
}

/** What a downgrade to `target` undoes on a database at `current`, in the order in which it is undone. */
export function downgradePath(data: HistoryData, target: Revision, current: readonly Revision[]): Revision[] {
  const ids = byId(data);
  const done = withAncestors(ids, current);
  const after = new Set<Revision>([target]);
  // Parents come first in the order, so that one pass finds all that follows.
  for (const revision of data.revisions) {
    if (before(ids, revision).some((earlier) => after.has(earlier))) after.add(revision);
  }
  after.delete(target);
  return data.revisions.filter((revision) => after.has(revision) && done.has(revision)).reverse();
}
