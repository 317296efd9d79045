import assert from 'node:assert/strict';

/** The frame of a webview's page. */
const frame = (page) => page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');

async function openGraph({ page, keyboard }) {
  await keyboard.command('Foreshot: Show Graph');
  const graph = frame(page);
  await graph.locator('main[data-rows]').waitFor();
  return graph;
}

/** The view Migrations: heads, branches, badges; the open file revealed; a click opens; a filter narrows. */
export const tree = {
  name: 'tree',
  file: 'migrations/versions/0005_unnamed.py',
  pictures: ['migrations'],
  async run({ page, keyboard, picture }) {
    await keyboard.squiggles('warning', 2);
    const header = page.locator('.pane-header', { hasText: 'Migrations' });
    await header.waitFor();
    // The files make room for it.
    for (const one of [page.locator('.pane-header', { hasText: 'shop' }).first(), header]) {
      await one.focus();
      await keyboard.keys.press('Enter');
    }
    const pane = page.locator('.pane', { has: header });
    const row = (text) => pane.locator('.monaco-list-row', { hasText: text });
    await row('orders').first().waitFor();
    await row('newsletter').first().waitFor();
    assert.match(await row('newsletter').first().innerText(), /head/);
    assert.match(await row('orders').first().innerText(), /branch point/);
    await pane.locator('.monaco-list-row.selected', { hasText: 'orders' }).waitFor();
    await picture('migrations');
    await pane.locator('.monaco-list').focus();
    await keyboard.keys.press('Home');
    await keyboard.keys.press('Enter');
    await keyboard.tab(/000[67]_/);
    await keyboard.command('Foreshot: Filter Migrations');
    await keyboard.answer('e-mail');
    await row('newsletter').first().waitFor({ state: 'detached' });
    await row('find users by e-mail').first().waitFor();
    await keyboard.command('Foreshot: Clear Filter');
    await row('newsletter').first().waitFor();
  },
};

/** The graph: by keyboard to a revision, search, zoom, open. */
export const graph = {
  name: 'graph',
  file: 'migrations/versions/0003_rename.py',
  pictures: ['graph'],
  async run({ page, keyboard, picture }) {
    await keyboard.squiggles('error', 1);
    const inside = await openGraph({ page, keyboard });
    const selected = inside.locator('.row.selected');
    await inside.locator('.row.selected', { hasText: 'full name in two words' }).waitFor();
    assert.equal(await inside.locator('.row').count(), 7);
    await picture('graph');
    await inside.locator('main').focus();
    await keyboard.keys.press('Home');
    assert.match(await selected.innerText(), /head/);
    await keyboard.keys.press('End');
    assert.match(await selected.innerText(), /base/);
    await keyboard.keys.press('ArrowLeft');
    assert.match(await selected.innerText(), /find users by e-mail/);
    await keyboard.keys.press('+');
    await keyboard.keys.press('-');
    await keyboard.keys.press('/');
    await keyboard.keys.type('newsletter');
    await inside.locator('#count', { hasText: '1 of 1' }).waitFor();
    await keyboard.keys.press('Escape');
    await keyboard.keys.press('Enter');
    await keyboard.tab('0007_fork.py');
  },
};

/** The graph in the other kinds of theme. */
export const graphThemes = {
  name: 'graph-themes',
  file: 'migrations/versions/0003_rename.py',
  async run({ page, keyboard, picture }) {
    await keyboard.squiggles('error', 1);
    const inside = await openGraph({ page, keyboard });
    for (const [theme, kind] of [['Light Modern', 'vscode-light'], ['Dark High Contrast', 'vscode-high-contrast']]) {
      await keyboard.command('Preferences: Color Theme');
      await keyboard.choose(theme);
      await inside.locator(`body.${kind}`).waitFor();
      await picture(kind);
      const colors = await inside.locator('.row .title').first().evaluate((row) => [getComputedStyle(row).color, getComputedStyle(document.body).backgroundColor]);
      assert.notEqual(colors[0], colors[1]);
    }
  },
};
