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
    await this.#asked('>');
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
    await this.#asked(name);
    await this.tab(name);
    await this.#inEditor();
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
    await this.#asked(':');
    await this.#inEditor();
  }

  /** Answer an input box. */
  async answer(text) {
    const field = this.page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(text);
    await this.keys.press('Enter');
    await this.#asked(text);
  }

  /** Choose from a list that asks. */
  async choose(text) {
    const { page } = this;
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(text);
    await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).first().waitFor();
    await this.keys.press('Enter');
    await this.#asked(text);
  }

  /** Put the cursor behind the only place where a text stands in the active editor, with the text selected. */
  async find(text) {
    const { page } = this;
    await this.#inEditor();
    await this.keys.press('Control+f');
    const widget = page.locator('.editor-instance .find-widget.visible');
    await widget.locator('textarea:focus, input:focus').first().waitFor();
    await this.keys.type(text);
    await widget.locator('.matchesCount', { hasText: '1 of 1' }).waitFor();
    await this.keys.press('Escape');
    await this.#inEditor();
  }

  /** The commands of an extension that the palette offers; `always` is one that it offers whatever happens. */
  async offered(category, always) {
    const { page } = this;
    await this.keys.press('F1');
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await field.fill(`>${category}: `);
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: `${category}: ${always}` }).first().waitFor();
    const found = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-label') ?? ''));
    await this.keys.press('Escape');
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    return found.filter((label) => label.startsWith(`${category}: `)).map((label) => label.slice(category.length + 2));
  }

  /** Wait until a box is gone: the next question comes in the same one, and what is typed before is lost. */
  async #asked(begin) {
    await this.page.waitForFunction((text) => {
      const widget = document.querySelector('.quick-input-widget');
      const value = widget?.querySelector('.quick-input-box input')?.value ?? '';
      return !widget?.checkVisibility() || !value.startsWith(text);
    }, begin);
  }

  /** Wait until the keys go to the active editor again. */
  async #inEditor() {
    await this.page.locator('.editor-instance .monaco-editor.focused').first().waitFor();
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

  async tab(name) {
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor();
  }

  async save() {
    await this.keys.press('Control+s');
    await this.page.locator('.editor-group-container.active .tab.active.dirty').waitFor({ state: 'detached' });
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
