import type { HistoryData, Revision } from './graph';
import { byId, named } from './lineage';

/**
 * A line of revisions, newest first, each the first parent of the one before. It begins at a head, or at a further
 * parent of a merge, and ends where another line goes on.
 */
export interface Chain {
  /** The merge that the line leads to; undefined for one that begins at a head. */
  readonly into: Revision | undefined;
  readonly revisions: readonly Revision[];
  /** The branch point on another line, from which this one comes. */
  readonly from: Revision | undefined;
}

export interface Chains {
  /** One for each head, and for each part of the history that no head leads to. */
  readonly roots: readonly Chain[];
  readonly of: ReadonlyMap<Revision, Chain>;
  /** The lines that a merge brings together with the line that it stands on. */
  readonly into: ReadonlyMap<Revision, readonly Chain[]>;
}

/** Lay a history out as lines, so that every revision stands on exactly one of them. */
export function chainsOf(data: HistoryData): Chains {
  const ids = byId(data);
  const of = new Map<Revision, Chain>();
  const into = new Map<Revision, Chain[]>();
  const roots: Chain[] = [];

  const follow = (start: Revision, merge: Revision | undefined): Chain => {
    const revisions: Revision[] = [];
    const chain = { into: merge, revisions, from: undefined as Revision | undefined };
    let next: Revision | undefined = start;
    while (next !== undefined && !of.has(next)) {
      revisions.push(next);
      of.set(next, chain);
      const parent: string | undefined = next.down_revisions[0];
      next = parent === undefined ? undefined : named(ids, parent);
    }
    chain.from = next;
    return chain;
  };

  const newestFirst = [...data.revisions].reverse();
  for (const start of [...newestFirst.filter((revision) => revision.head), ...newestFirst]) {
    if (of.has(start)) continue;
    roots.push(follow(start, undefined));
    // Side lines come after the line that they lead to, and their own side lines after them.
    for (const revision of newestFirst) {
      if (!of.has(revision) || into.has(revision)) continue;
      const sides = revision.down_revisions.slice(1).flatMap((name) => named(ids, name) ?? []);
      const lines = sides.filter((side) => !of.has(side)).map((side) => follow(side, revision));
      if (lines.length > 0) into.set(revision, lines);
    }
  }
  return { roots, of, into };
}
