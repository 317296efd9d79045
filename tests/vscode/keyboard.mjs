// What a person does in the workbench, by keyboard, and what is seen then.
export class Keyboard {
  constructor(page) {
    this.page = page;
    this.keys = page.keyboard;
  }

  /** Run a command of the palette by its title. */
  async command(title) {
    const { page } = this;
    await this.keys.press('F1');
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(`>${title}`);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title }).first().waitFor();
    await this.keys.press('Enter');
  }

  /** Open a file by its name. */
  async open(name) {
    const { page } = this;
    await this.keys.press('Control+p');
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(name);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).first().waitFor();
    await this.keys.press('Enter');
    await this.tab(name);
  }

  /** Put the cursor somewhere in the active editor. */
  async goTo(line, column) {
    const { page } = this;
    await this.keys.press('Control+g');
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(`:${line}:${column}`);
    await this.keys.press('Enter');
    await page.locator('#status\\.editor\\.selection', { hasText: `Ln ${line}, Col ${column}` }).waitFor();
  }

  /** Answer an input box. */
  async answer(text) {
    const field = this.page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(text);
    await this.keys.press('Enter');
  }

  /** Choose from the menu of quick fixes with the arrow keys. */
  async quickFix(title) {
    const { page } = this;
    await this.keys.press('Control+.');
    const rows = page.locator('.action-widget .monaco-list-row.action');
    await rows.first().waitFor();
    const focused = page.locator('.action-widget .monaco-list-row.action.focused', { hasText: title });
    for (let i = 0; i < 12 && (await focused.count()) === 0; i++) await this.keys.press('ArrowDown');
    await focused.first().waitFor();
    return () => this.keys.press('Enter');
  }

  /** Accept what the refactor preview shows. */
  async acceptPreview() {
    await this.page.locator('.refactor-preview, [id="workbench.panel.bulkEdit"], .bulk-edit-panel').first().waitFor();
    await this.command('Refactor Preview: Apply Refactoring').catch(() => undefined);
  }

  async tab(name) {
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor();
  }

  async save() {
    await this.keys.press('Control+s');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  /** Wait for the number of squiggles in the active editor. */
  async squiggles(kind, count) {
    await this.page.waitForFunction(
      ([selector, wanted]) => document.querySelectorAll(`.editor-instance .${selector}`).length === wanted,
      [`squiggly-${kind}`, count],
    );
  }

  /** Wait for a text in the active editor; VS Code writes blanks as hard ones. */
  async text(wanted) {
    await this.page.waitForFunction(
      (text) => [...document.querySelectorAll('.editor-instance .view-line')].some((line) => line.textContent.replaceAll('\u00a0', ' ').includes(text)),
      wanted,
    );
  }
}
