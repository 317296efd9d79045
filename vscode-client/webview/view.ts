import { dayOf, findingCount, findingWords, roles, titleOf, worst, type Revision } from '../src/history/graph';
import type { Model } from './model';

const ROW = 26;
const LANE = 16;
const OVERSCAN = 12;
const COLORS = 6;
const SVG = 'http://www.w3.org/2000/svg';

/** Draws the rows that can be seen, and the lines between them; nothing else is in the page. */
export class View {
  private model: Model | undefined;
  private zoom = 1;
  /** The rows that are in the page, from the first to before the last. */
  private drawn = { first: 0, last: 0 };
  private readonly lines = document.createElementNS(SVG, 'svg');
  private readonly options = document.createElement('div');
  /** The row that the keyboard is on. */
  selected = -1;
  /** Rows that a search has found. */
  found: ReadonlySet<number> = new Set();

  constructor(
    private readonly scroller: HTMLElement,
    private readonly canvas: HTMLElement,
  ) {
    this.lines.setAttribute('aria-hidden', 'true');
    this.options.setAttribute('role', 'presentation');
    canvas.append(this.lines, this.options);
    scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  get count(): number {
    return this.model?.rows.length ?? 0;
  }

  /** Rows that fit on the screen. */
  get page(): number {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1);
  }

  show(model: Model): void {
    this.model = model;
    this.scale();
    this.selected = Math.min(Math.max(this.selected, 0), model.rows.length - 1);
    this.redraw();
  }

  select(row: number): void {
    if (this.count === 0) return;
    this.selected = Math.min(Math.max(row, 0), this.count - 1);
    this.keepInSight(this.selected);
    this.redraw();
  }

  zoomBy(factor: number): void {
    const { scrollTop, clientHeight } = this.scroller;
    const middle = (scrollTop + clientHeight / 2) / this.height;
    this.zoom = Math.min(2.5, Math.max(0.4, this.zoom * factor));
    this.scale();
    this.scroller.scrollTop = middle * this.height - clientHeight / 2;
    this.draw();
  }

  redraw(): void {
    this.drawn = { first: 0, last: 0 };
    this.draw();
  }

  /** Everything in the page is measured in these: a zoom moves and sizes what is there, and makes nothing anew. */
  private scale(): void {
    const { style } = this.canvas;
    style.setProperty('--height', `${String(this.height)}px`);
    style.setProperty('--lane', `${String(LANE * this.zoom)}px`);
    style.setProperty('--lanes', String((this.model?.layout.width ?? 0) + 1));
    style.height = `${String(this.count * this.height)}px`;
    style.fontSize = `${String(Math.min(1.3, Math.max(0.6, this.zoom)))}em`;
  }

  private get height(): number {
    return ROW * this.zoom;
  }

  private keepInSight(row: number): void {
    const { scrollTop, clientHeight } = this.scroller;
    const top = row * this.height;
    if (top < scrollTop) this.scroller.scrollTop = top - this.height;
    else if (top + this.height > scrollTop + clientHeight) this.scroller.scrollTop = top + 2 * this.height - clientHeight;
  }

  private draw(): void {
    const { model } = this;
    if (model === undefined) return;
    const { scrollTop, clientHeight } = this.scroller;
    const top = Math.max(0, Math.floor(scrollTop / this.height));
    const bottom = Math.min(model.rows.length, Math.ceil((scrollTop + clientHeight) / this.height));
    if (this.drawn.first <= top && bottom <= this.drawn.last && this.drawn.last - this.drawn.first <= bottom - top + 4 * OVERSCAN) return;
    const first = Math.max(0, top - OVERSCAN);
    const last = Math.min(model.rows.length, bottom + OVERSCAN);
    this.drawn = { first, last };
    this.drawLines(model, first, last);
    const rows: HTMLElement[] = [];
    for (let row = first; row < last; row++) rows.push(this.option(model, row));
    this.options.replaceChildren(...rows);
    this.scroller.setAttribute('aria-activedescendant', this.selected < 0 ? '' : `row-${String(this.selected)}`);
  }

  private drawLines(model: Model, first: number, last: number): void {
    const top = first * ROW;
    this.lines.setAttribute('viewBox', `0 0 ${String((model.layout.width + 1) * LANE)} ${String((last - first) * ROW)}`);
    this.lines.style.setProperty('--row', String(first));
    this.lines.style.setProperty('--rows', String(last - first));
    const shapes: Element[] = [];
    for (const points of model.layout.links) {
      const begin = points[1] ?? 0;
      const end = points[points.length - 1] ?? 0;
      if (begin <= last && end >= first) shapes.push(this.line(points, top));
    }
    for (let row = first; row < last; row++) {
      const revision = model.rows[row];
      if (revision !== undefined) shapes.push(this.dot(revision, model.layout.lanes[row] ?? 0, row, top));
    }
    this.lines.replaceChildren(...shapes);
  }

  private line(points: readonly number[], top: number): Element {
    const path = document.createElementNS(SVG, 'path');
    const steps: string[] = [];
    let before: [number, number] | undefined;
    for (let i = 0; i + 1 < points.length; i += 2) {
      const at: [number, number] = [x(points[i] ?? 0), y(points[i + 1] ?? 0) - top];
      if (before === undefined) {
        steps.push(`M${at.join(' ')}`);
      } else if (before[0] === at[0]) {
        steps.push(`L${at.join(' ')}`);
      } else {
        const half = (before[1] + at[1]) / 2;
        steps.push(`C${String(before[0])} ${String(half)} ${String(at[0])} ${String(half)} ${at.join(' ')}`);
      }
      before = at;
    }
    path.setAttribute('d', steps.join(''));
    const lane = Math.max(points[0] ?? 0, points[points.length - 2] ?? 0);
    path.setAttribute('class', `lane${String(Math.round(lane) % COLORS)}`);
    return path;
  }

  private dot(revision: Revision, lane: number, row: number, top: number): Element {
    const shape = document.createElementNS(SVG, 'circle');
    shape.setAttribute('cx', String(x(lane)));
    shape.setAttribute('cy', String(y(row) - top));
    shape.setAttribute('r', String(revision.head || revision.merge_point ? 5.5 : 4));
    const lost = (revision.missing ?? []).length > 0;
    const kind = lost ? ' missing' : revision.head ? ' head' : revision.merge_point ? ' merge' : '';
    shape.setAttribute('class', `lane${String(Math.round(lane) % COLORS)}${kind}`);
    return shape;
  }

  private option(model: Model, row: number): HTMLElement {
    const revision = model.rows[row] as Revision;
    const option = document.createElement('div');
    const words = [...roles(revision), ...revision.branch_labels];
    option.id = `row-${String(row)}`;
    option.className = `row${row === this.selected ? ' selected' : ''}${this.found.has(row) ? ' found' : ''}`;
    option.dataset['row'] = String(row);
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', String(row === this.selected));
    option.setAttribute('aria-posinset', String(row + 1));
    option.setAttribute('aria-setsize', String(model.rows.length));
    option.setAttribute('aria-label', [titleOf(revision), ...words, findingWords(revision)].filter(Boolean).join(', '));
    option.style.setProperty('--row', String(row));
    option.append(span('title', titleOf(revision)), ...words.map((word) => span('role', word)));
    const count = findingCount(revision);
    if (count > 0) {
      const badge = span(`badge ${worst(revision) ?? ''}`, String(count));
      badge.title = findingWords(revision);
      option.append(badge);
    }
    option.append(span('day', dayOf(revision)), span('id', revision.revision ?? ''));
    return option;
  }

}

function x(lane: number): number {
  return (lane + 1) * LANE;
}

function y(row: number): number {
  return (row + 0.5) * ROW;
}

function span(kind: string, text: string): HTMLElement {
  const made = document.createElement('span');
  made.className = kind;
  made.textContent = text;
  return made;
}
