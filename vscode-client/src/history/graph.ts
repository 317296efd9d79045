/** The answer of the server's `foreshot.showGraph` in its JSON form. Keys may be added there, never renamed. */
export interface HistoryData {
  /** Its name; with its folder where several have one name. */
  readonly environment: string;
  /** The folder of its scripts, as its project sees it. */
  readonly place?: string;
  /** The file or folder that it was asked for by: what identifies it. */
  readonly uri?: string;
  readonly databases?: readonly string[];
  /** The branch that others have already; null where nothing tells what has shipped. */
  readonly base?: string | null;
  /** How many revisions the base does not have. */
  readonly new?: number;
  /** Sentences on what could not be compared with the base. */
  readonly uncompared?: readonly string[];
  /** In topological order, parents first. */
  readonly revisions: readonly Revision[];
  readonly heads: readonly string[];
  readonly missing_parents: readonly { readonly path: string; readonly id: string }[];
}

export interface Revision {
  readonly revision: string | null;
  readonly uri: string;
  readonly row: number;
  readonly down_revisions: readonly string[];
  readonly depends_on: readonly string[];
  readonly branch_labels: readonly string[];
  readonly message: string;
  readonly create_date: string | null;
  readonly head: boolean;
  readonly base: boolean;
  readonly branch_point: boolean;
  readonly merge_point: boolean;
  readonly stale: boolean;
  /** The base has it. */
  readonly shipped?: boolean;
  /** Ids that it follows and that no file has. */
  readonly missing?: readonly string[];
  /** Tables, and columns as `table.column`, that it changes. */
  readonly touches?: readonly string[];
  readonly findings: Readonly<Partial<Record<Severity, number>>>;
}

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

export function findingCount(revision: Revision): number {
  return SEVERITIES.reduce((sum, severity) => sum + (revision.findings[severity] ?? 0), 0);
}

/** The gravest severity that was found in a revision. */
export function worst(revision: Revision): Severity | undefined {
  return SEVERITIES.find((severity) => (revision.findings[severity] ?? 0) > 0);
}

/** `2 warnings, 1 hint`; empty when nothing was found. */
export function findingWords(revision: Revision): string {
  return SEVERITIES.flatMap((severity) => {
    const count = revision.findings[severity] ?? 0;
    if (count === 0) return [];
    const plural = count > 1 && severity !== 'information' ? 's' : '';
    return [`${String(count)} ${severity}${plural}`];
  }).join(', ');
}

/** What a revision is in the history: `head`, `merge`, `branch point`, `base`, and what it follows that is not there. */
export function roles(revision: Revision): string[] {
  const found: string[] = [];
  const { missing = [] } = revision;
  if (missing.length > 0) found.push(`parent ${missing.join(', ')} is missing`);
  if (revision.head) found.push('head');
  if (revision.merge_point) found.push('merge');
  if (revision.branch_point) found.push('branch point');
  if (revision.base) found.push('base');
  if (revision.stale) found.push('does not parse');
  return found;
}

/** `2 new of 314`; empty where nothing tells what has shipped. */
export function newWords({ new: count, base, revisions }: HistoryData): string {
  return base == null || count === undefined ? '' : `${String(count)} new of ${String(revisions.length)}`;
}

/** How a revision is called for people: its message, else its id. */
export function titleOf(revision: Revision): string {
  return revision.message || revision.revision || '(unreadable id)';
}

/** What a revision is searched by: message, id, labels, file name, date, tables and columns, in small letters. */
export function searched(revision: Revision): string {
  const file = revision.uri.slice(revision.uri.lastIndexOf('/') + 1);
  const { message, revision: id, branch_labels: labels, create_date: date, touches = [] } = revision;
  return [message, id ?? '', ...labels, file, date ?? '', ...touches].join(' ').toLowerCase();
}

/** Whether a revision has every word of a text in what it is searched by. */
export function matches(revision: Revision, text: string, hay = searched(revision)): boolean {
  return text.toLowerCase().split(/\s+/).every((word) => hay.includes(word));
}

/** The histories, each under a name of its own: with the folder of its scripts, or its file's, where names are the same. */
export function namedApart(histories: readonly HistoryData[]): HistoryData[] {
  const names = histories.map((history) => history.environment);
  const apart = histories.map((history, index) => {
    const alone = names.indexOf(history.environment) === names.lastIndexOf(history.environment) && names[index] !== '';
    return alone || history.place === undefined || history.place === history.environment
      ? history
      : { ...history, environment: `${history.environment} (${history.place})` };
  });
  return apart.sort((one, other) => one.environment.localeCompare(other.environment));
}

/** The day of a revision's creation, `2026-03-01`; empty when it is not known. */
export function dayOf({ create_date: date }: Revision): string {
  return /^\d{4}-\d{2}-\d{2}/.exec(date ?? '')?.[0] ?? '';
}
