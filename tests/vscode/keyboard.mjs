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
    const wanted = page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first();
    await wanted.waitFor();
    const focused = page.locator(`.quick-input-list .monaco-list-row.focused[aria-label^="${title}"]`);
    for (let i = 0; i < 8 && (await focused.count()) === 0; i++) await this.keys.press('ArrowDown');
    await focused.waitFor();
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
    const rows = page.locator('.action-widget .monaco-list-row.action');
    // While the editor is still busy with its lenses, the first press can be lost.
    for (let i = 0; i < 4 && (await rows.count()) === 0; i++) {
      await this.keys.press('Control+.');
      await rows.first().waitFor({ timeout: 5000 }).catch(() => undefined);
    }
    const focused = page.locator('.action-widget .monaco-list-row.action.focused', { hasText: title });
    for (let i = 0; i < 12 && (await focused.count()) === 0; i++) await this.keys.press('ArrowDown');
    await focused.first().waitFor();
    return () => this.keys.press('Enter');
  }

  /** Choose everything that the refactor preview shows, and apply it. */
  async acceptPreview() {
    const { page, keys } = this;
    const file = page.locator('.bulk-edit-panel .monaco-list-row').first();
    await file.waitFor();
    await this.command('Refactor Preview: Focus on Refactor Preview View');
    await page.locator('.bulk-edit-panel .monaco-list:focus').waitFor();
    await keys.press('Home');
    await keys.press('Space');
    await page.locator('.bulk-edit-panel .monaco-list-row .codicon-check, .bulk-edit-panel .monaco-list-row input:checked').first().waitFor();
    await keys.press('Control+Enter');
    await file.waitFor({ state: 'detached' });
  }

  async tab(name) {
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor();
  }

  async save() {
    await this.keys.press('Control+s');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  /** Wait for the number of squiggles that can be told apart in the active editor. */
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
