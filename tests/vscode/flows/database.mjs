import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { writeProject } from '../project.mjs';
import { ROOT } from '../tools.mjs';
import { sleep } from '../workbench.mjs';
import { onDisk } from './wait.mjs';

const UPGRADE = 'Foreshot: Upgrade the Database to This Revision';
const DOWNGRADE = 'Foreshot: Downgrade the Database to This Revision';
const PYTHON = path.join(ROOT, '.venv/bin/python');

/** A project on SQLite that Alembic can run, with the environment of this checkout for its own. */
async function sqliteProject(folder) {
  await writeProject(folder, { dialect: 'sqlite' });
  await symlink(path.join(ROOT, '.venv'), path.join(folder, '.venv'));
  await writeFile(path.join(folder, 'alembic.ini'), '[alembic]\nscript_location = %(here)s/migrations\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///shop.db\n');
  const env = path.join(folder, 'migrations/env.py');
  // Whoever runs it leaves its name: the test wants to know which Python did.
  await writeFile(env, `${await readFile(env, 'utf8')}\nimport sys\n\nwith open("ran.txt", "a") as file:\n    print(sys.executable, *sys.argv[1:], file=file)\n`);
  return folder;
}

/** What the database has: its revision and the columns of `users`; nothing while there is none. */
function database(folder) {
  const script = `
import json, sqlite3
with sqlite3.connect("file:shop.db?mode=ro", uri=True) as shop:
    version = [row[0] for row in shop.execute("select version_num from alembic_version")]
    columns = [row[1] for row in shop.execute("pragma table_info(users)")]
print(json.dumps([*version, *columns]))
`;
  const { status, stdout } = spawnSync(PYTHON, ['-c', script], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : [];
}

async function becomes(folder, wanted) {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(200)) {
    if (JSON.stringify(database(folder)) === JSON.stringify(wanted)) return;
  }
  assert.deepEqual(database(folder), wanted);
}

/** The question: what it asks and lists. */
async function asked(page) {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  const text = (part) => dialog.locator(part).innerText();
  return { message: await text('.dialog-message-text'), lines: (await text('.dialog-message-detail')).split('\n').filter(Boolean) };
}

/** Wait for a text in the terminal. */
async function shown(page, wanted) {
  await page.waitForFunction(
    (text) => [...document.querySelectorAll('.terminal-wrapper.active .xterm-rows')].some((rows) => rows.textContent.replaceAll('\u00a0', ' ').includes(text)),
    wanted,
  );
}

/** Up and down a real database: first the question with revisions and risks, then Alembic in a terminal. */
export const upgradeAndDowngrade = {
  name: 'upgrade-and-downgrade',
  file: 'migrations/versions/0003_rename.py',
  project: sqliteProject,
  async run({ page, folder, keyboard, picture }) {
    const { keys } = keyboard;
    await keyboard.squiggles('error', 1);
    // The palette has the two as soon as there is a history, which the view shows too.
    await page.locator('.pane-header', { hasText: 'Migrations' }).waitFor();
    await keyboard.command(UPGRADE);
    const up = await asked(page);
    await picture('question');
    assert.equal(up.message, 'Upgrade the database to “full name in two words”?');
    assert.equal(up.lines.shift(), 'Database: sqlite “shop.db”');
    assert.equal(up.lines[0], 'This runs 3 revisions:');
    assert.match(up.lines[1], /^• 0001aaaa0001 users: nothing found$/);
    assert.match(up.lines[2], /^• 0002aaaa0002 find users by e-mail: /);
    assert.match(up.lines[3], /^• 0003aaaa0003 full name in two words: 1 error.* \(.*\)$/);
    assert.equal(up.lines.length, 4);
    await keys.press('Escape');
    await page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    assert.deepEqual(database(folder), [], 'nothing runs without a yes');

    // An error was found, so that Enter alone is a no.
    await keyboard.command(UPGRADE);
    await asked(page);
    await keys.press('Enter');
    await page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    assert.deepEqual(database(folder), []);

    await keyboard.command(UPGRADE);
    await asked(page);
    await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Upgrade' }).focus();
    await keys.press('Enter');
    await becomes(folder, ['0003aaaa0003', 'id', 'email', 'full_name']);
    await shown(page, 'Alembic is done. Enter closes this terminal.');
    await picture('upgraded');
    const own = path.join(folder, '.venv/bin/python');
    await onDisk(path.join(folder, 'ran.txt'), `${own} upgrade 0003aaaa0003\n`);
    await keys.press('Enter');
    await page.locator('.terminal-wrapper.active').waitFor({ state: 'detached' });

    await keyboard.open('0001_users.py');
    await keyboard.command(UPGRADE);
    await page.locator('.notification-toast', { hasText: 'There is nothing to upgrade' }).waitFor();
    await keyboard.command(DOWNGRADE);
    const down = await asked(page);
    down.lines.shift();
    assert.equal(down.lines[0], 'This undoes 2 revisions:');
    assert.deepEqual(down.lines.slice(1).map((line) => line.split(' ')[1]), ['0003aaaa0003', '0002aaaa0002']);
    await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Downgrade' }).focus();
    await keys.press('Enter');
    await becomes(folder, ['0001aaaa0001', 'id', 'email', 'fullname']);
    await onDisk(path.join(folder, 'ran.txt'), `${own} downgrade 0001aaaa0001\n`);
  },
};

/** In Restricted Mode neither command is offered for a revision of the view, and no Python of the folder is asked anything. */
export const databaseRestricted = {
  name: 'database-restricted',
  file: 'migrations/versions/0003_rename.py',
  restricted: true,
  async project(folder) {
    await writeProject(folder, { dialect: 'sqlite' });
    const python = path.join(folder, '.venv/bin/python');
    await mkdir(path.dirname(python), { recursive: true });
    await writeFile(python, `#!/bin/sh\ntouch "${folder}/RAN"\n`);
    await chmod(python, 0o755);
    return folder;
  },
  async run({ page, folder, keyboard, picture }) {
    await page.locator('#status\\.workspaceTrust').waitFor();
    await keyboard.squiggles('error', 1);
    const header = page.locator('.pane-header', { hasText: 'Migrations' });
    await header.waitFor();
    await header.focus();
    await keyboard.keys.press('Enter');
    const pane = page.locator('.pane', { has: header });
    await pane.locator('.monaco-list-row.selected', { hasText: 'full name' }).waitFor();
    await pane.locator('.monaco-list').focus();
    await keyboard.keys.press('Home');
    await keyboard.keys.press('Shift+F10');
    const menu = page.locator('.context-view .monaco-menu, .monaco-menu-container .monaco-menu').first();
    await menu.getByText('Show Graph').waitFor();
    await picture('menu');
    assert.equal(await menu.getByText(/the Database to/).count(), 0);
    await keyboard.keys.press('Escape');
    await assert.rejects(readFile(path.join(folder, 'RAN')), 'a Python of the folder was run');
  },
};
