import type { Chain, Chains } from './chains';
import { chainsOf } from './chains';
import { matches, type HistoryData, type Revision } from './graph';

/** What stands in the tree. */
export type TreeNode = HistoryNode | RevisionNode | MoreNode | JumpNode;

/** One Alembic environment, where there are several. */
export interface HistoryNode {
  readonly kind: 'history';
  readonly history: HistoryData;
}

export interface RevisionNode {
  readonly kind: 'revision';
  readonly revision: Revision;
  readonly parent: TreeNode | undefined;
  /** The lines that come together here. */
  readonly lines: readonly Chain[];
}

/** The rest of a long line, which shows when it is chosen. */
export interface MoreNode {
  readonly kind: 'more';
  readonly chain: Chain;
  readonly parent: TreeNode | undefined;
  readonly count: number;
}

/** Where a line comes from: a revision that stands elsewhere in the tree. */
export interface JumpNode {
  readonly kind: 'jump';
  readonly to: Revision;
  readonly parent: TreeNode | undefined;
}

/** Revisions of one line that are shown at first, and that are added by "more". */
export const PAGE = 200;

/** The tree of all histories: lines from the heads, newest first; a merge opens to the lines that it brought together. */
export class HistoryTree {
  private readonly histories: readonly { readonly node: HistoryNode; readonly chains: Chains }[];
  private readonly shown = new Map<Chain, number>();
  private readonly nodes = new Map<Revision, RevisionNode>();

  constructor(
    histories: readonly HistoryData[],
    private readonly filter: string,
  ) {
    this.histories = histories.map((history) => ({ node: { kind: 'history', history }, chains: chainsOf(history) }));
  }

  children(node: TreeNode | undefined): TreeNode[] {
    if (node === undefined) {
      const [only, ...others] = this.histories;
      if (only === undefined) return [];
      return others.length === 0 ? this.top(only.chains, undefined, only.node.history) : this.histories.map((one) => one.node);
    }
    if (node.kind === 'history') {
      const found = this.histories.find((one) => one.node === node);
      return found === undefined ? [] : this.top(found.chains, node, node.history);
    }
    return node.kind === 'revision' ? node.lines.flatMap((line) => this.line(line, node)) : [];
  }

  /** Show more of a line. */
  more(node: MoreNode): void {
    this.shown.set(node.chain, this.limit(node.chain) + 5 * PAGE);
  }

  /** The node of a revision, with its line shown as far as it; undefined for one that the filter leaves out. */
  node(revision: Revision): RevisionNode | undefined {
    if (this.filter !== '' && !matches(revision, this.filter)) return undefined;
    for (const { node, chains } of this.histories) {
      const chain = chains.of.get(revision);
      if (chain === undefined) continue;
      const index = chain.revisions.indexOf(revision);
      if (index >= this.limit(chain)) this.shown.set(chain, index + PAGE);
      const parent =
        this.filter === '' && chain.into !== undefined
          ? this.node(chain.into)
          : this.histories.length > 1
            ? node
            : undefined;
      return this.revisionNode(revision, parent, chains);
    }
    return undefined;
  }

  private top(chains: Chains, parent: TreeNode | undefined, history: HistoryData): TreeNode[] {
    if (this.filter !== '') {
      const found = history.revisions.filter((revision) => matches(revision, this.filter)).reverse();
      return found.slice(0, 5 * PAGE).map((revision) => this.revisionNode(revision, parent, undefined));
    }
    return chains.roots.flatMap((line) => this.line(line, parent));
  }

  private line(chain: Chain, parent: TreeNode | undefined): TreeNode[] {
    const limit = this.limit(chain);
    const chains = this.histories.find((one) => one.chains.of.get(chain.revisions[0] as Revision) === chain)?.chains;
    const nodes: TreeNode[] = chain.revisions
      .slice(0, limit)
      .map((revision) => this.revisionNode(revision, parent, chains));
    if (chain.revisions.length > limit) {
      nodes.push({ kind: 'more', chain, parent, count: chain.revisions.length - limit });
    } else if (chain.from !== undefined) {
      nodes.push({ kind: 'jump', to: chain.from, parent });
    }
    return nodes;
  }

  private revisionNode(revision: Revision, parent: TreeNode | undefined, chains: Chains | undefined): RevisionNode {
    const known = this.nodes.get(revision);
    if (known !== undefined) return known;
    const node: RevisionNode = { kind: 'revision', revision, parent, lines: chains?.into.get(revision) ?? [] };
    this.nodes.set(revision, node);
    return node;
  }

  private limit(chain: Chain): number {
    return this.shown.get(chain) ?? PAGE;
  }
}
