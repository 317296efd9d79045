import assert from 'node:assert/strict';

/** A folder that is not trusted is read by the bundled server; what runs Alembic is hidden until it is trusted. */
export const trust = {
  name: 'trust',
  file: 'migrations/versions/0002_index.py',
  restricted: true,
  async run({ page, keyboard, picture }) {
    await page.locator('#status\\.workspaceTrust').waitFor();
    await keyboard.squiggles('warning', 1);
    assert.equal(await offered(page, keyboard, 'Foreshot: Upgrade the Database'), false);
    await picture('restricted');
    await keyboard.command('Workspaces: Manage Workspace Trust');
    const button = page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ });
    await button.waitFor();
    await button.focus();
    await keyboard.keys.press('Enter');
    await page.locator('#status\\.workspaceTrust').waitFor({ state: 'detached' });
    await keyboard.keys.press('Control+w');
    await keyboard.squiggles('warning', 1);
    for (let i = 0; !(await offered(page, keyboard, 'Foreshot: Upgrade the Database')); i++) assert.ok(i < 20);
    await picture('trusted');
  },
};

async function offered(page, keyboard, title) {
  await keyboard.keys.press('F1');
  const field = page.locator('.quick-input-widget .quick-input-box input');
  await field.waitFor();
  await field.fill(`>${title}`);
  await page.waitForTimeout(700);
  const found = await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).count();
  await keyboard.keys.press('Escape');
  await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  return found > 0;
}
