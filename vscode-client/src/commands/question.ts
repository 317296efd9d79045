import { findingWords, titleOf, type Revision } from '../history/graph';

export type Direction = 'upgrade' | 'downgrade';

/** Revisions that the question names one by one. */
const NAMED = 12;
/** Rules that it names of each. */
const RULES = 3;

export interface Plan {
  readonly direction: Direction;
  /** What Alembic would run, in its order. */
  readonly revisions: readonly Revision[];
  /** Whether the database could be asked where it is. */
  readonly known: boolean;
  /** The databases that this is about, in words, as far as Alembic has told. */
  readonly databases?: readonly string[];
  /** Files of these revisions that are changed and not saved. */
  readonly unsaved: readonly string[];
}

/** Whether an error was found in what would run: then the answer that comes by itself is not to run it. */
export function isRisky({ revisions }: Pick<Plan, 'revisions'>): boolean {
  return revisions.some(({ findings }) => (findings.error ?? 0) > 0);
}

/** What a person reads before Alembic runs: the revisions, what was found in each, and what is not as it seems. */
export function question({ direction, revisions, known, databases = [], unsaved }: Plan, rulesOf: (revision: Revision) => readonly string[]): string {
  const count = revisions.length === 1 ? '1 revision' : `${String(revisions.length)} revisions`;
  const does = direction === 'upgrade' ? 'runs' : 'undoes';
  const head = known
    ? `This ${does} ${count}:`
    : `Where the database is could not be told. At most, this ${does} ${count}:`;
  const shown = revisions.length > NAMED ? revisions.slice(0, NAMED - 1) : revisions;
  const about = databases.length === 0 ? [] : [`Database: ${databases.join(', ')}`];
  const lines = shown.map((one) => `• ${one.revision ?? '?'} ${titleOf(one)}: ${risks(one, rulesOf(one))}`);
  const rest = revisions.slice(shown.length);
  if (rest.length > 0) {
    const risky = rest.filter((one) => findingWords(one) !== '').length;
    lines.push(`• and ${String(rest.length)} more, with findings in ${String(risky)} of them`);
  }
  if (unsaved.length > 0) lines.push('', `Not saved, and Alembic runs what is saved: ${unsaved.join(', ')}`);
  return [...about, head, ...lines].join('\n');
}

function risks(revision: Revision, rules: readonly string[]): string {
  const words = findingWords(revision);
  if (words === '') return 'nothing found';
  const named = [...new Set(rules)];
  if (named.length === 0) return words;
  return `${words} (${named.slice(0, RULES).join(', ')}${named.length > RULES ? ', …' : ''})`;
}
