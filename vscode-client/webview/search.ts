import { matches, searched, type Revision } from '../src/history/graph';

/** The search field: finds rows as one types, and goes from one to the next. */
export class Search {
  private rows: readonly Revision[] = [];
  /** What each row is searched by, made when somebody searches. */
  private hay: readonly string[] | undefined;
  private found: readonly number[] = [];
  private at = 0;

  /** `show` gets the rows that were found, and the one to go to. */
  constructor(
    private readonly field: HTMLInputElement,
    private readonly count: HTMLElement,
    private readonly show: (found: ReadonlySet<number>, row: number | undefined) => void,
  ) {
    field.addEventListener('input', () => this.search(true));
  }

  /** Search these rows from now on. */
  over(rows: readonly Revision[]): void {
    this.rows = rows;
    this.hay = undefined;
    if (this.field.value !== '') this.search(false);
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  step(by: number): void {
    if (this.found.length === 0) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.tell(true);
  }

  private search(go: boolean): void {
    const text = this.field.value.trim();
    const hay = (this.hay ??= this.rows.map(searched));
    this.found = text === '' ? [] : this.rows.flatMap((revision, row) => (matches(revision, text, hay[row]) ? [row] : []));
    this.at = 0;
    this.tell(go);
  }

  private tell(go: boolean): void {
    const text = this.field.value.trim();
    const { length } = this.found;
    this.count.textContent = text === '' ? '' : length === 0 ? 'none' : `${String(this.at + 1)} of ${String(length)}`;
    this.show(new Set(this.found), go ? this.found[this.at] : undefined);
  }
}
