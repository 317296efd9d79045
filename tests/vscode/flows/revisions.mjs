import { readdir, readFile } from 'node:fs/promises';
import assert from 'node:assert/strict';
import path from 'node:path';

import { onDisk } from './wait.mjs';

/** Two heads are merged by one command, and a revision from the project's template follows the merge. */
export const newRevisionAndMerge = {
  name: 'new-revision-and-merge',
  file: 'migrations/versions/0007_fork.py',
  async run({ page, folder, keyboard, picture }) {
    const versions = path.join(folder, 'migrations/versions');
    const files = async () => (await readdir(versions)).filter((name) => name.endsWith('.py'));
    const before = await files();
    const added = async (known) => (await files()).find((name) => !known.includes(name));
    await keyboard.squiggles('error', 1);
    await keyboard.command('Foreshot: Merge Heads');
    await page.locator('.tab.active', { hasText: 'merge' }).first().waitFor();
    await keyboard.save();
    const merge = await added(before);
    assert.ok(merge, 'a merge was created');
    await onDisk(path.join(versions, merge), /down_revision.*0006aaaa0006.*0007aaaa0007|down_revision.*0007aaaa0007.*0006aaaa0006/);
    await picture('merged');
    await keyboard.open('0007_fork.py');
    await keyboard.squiggles('error', 0);

    await keyboard.command('Foreshot: New Revision');
    await keyboard.answer('add phone to users');
    await page.locator('.tab.active', { hasText: 'phone' }).first().waitFor();
    await keyboard.save();
    const created = await added([...before, merge]);
    assert.ok(created, 'a revision was created');
    const id = /^revision.* = ["'](\w+)["']/m.exec(await readFile(path.join(versions, merge), 'utf8'))?.[1];
    await onDisk(path.join(versions, created), new RegExp(`down_revision = ["']${id}["']`));
    await picture('created');
  },
};
