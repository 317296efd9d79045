import assert from 'node:assert/strict';

/** A folder that is not trusted is read by the bundled server; what runs Alembic is hidden until it is trusted. */
export const trust = {
  name: 'trust',
  file: 'migrations/versions/0002_index.py',
  restricted: true,
  async run({ page, keyboard, picture }) {
    await page.locator('#status\\.workspaceTrust').waitFor();
    await keyboard.squiggles('warning', 1);
    const offered = await offers(keyboard, /^Filter Migrations/);
    assert.ok(!offered.some((title) => /^(Upgrade|Downgrade)/.test(title)), offered.join());
    await picture('restricted');
    await keyboard.command('Workspaces: Manage Workspace Trust');
    const button = page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ });
    await button.waitFor();
    await button.focus();
    await keyboard.keys.press('Enter');
    await page.locator('#status\\.workspaceTrust').waitFor({ state: 'detached' });
    await keyboard.keys.press('Control+w');
    await keyboard.squiggles('warning', 1);
    await offers(keyboard, /^Upgrade the Database/);
    await picture('trusted');
  },
};

/** What the palette offers as soon as it has a command; it is there once the server has told the history. */
async function offers(keyboard, wanted) {
  for (const end = Date.now() + 30_000; ; ) {
    const offered = await keyboard.offered('Foreshot', 'Show Graph');
    if (offered.some((title) => wanted.test(title))) return offered;
    assert.ok(Date.now() < end, `${String(wanted)} is not among ${offered.join()}`);
  }
}
