import { revision } from '../project.mjs';
import { onDisk } from './wait.mjs';

/** A squiggle, the same in Problems, why on hover, repaired at once by a quick fix that says what it is, saved. */
export const findingToSavedFile = {
  name: 'squiggle-to-saved-file',
  file: 'migrations/versions/0002_index.py',
  pictures: ['finding', 'quick-fix'],
  async run({ page, folder, keyboard, picture }) {
    await keyboard.squiggles('warning', 1);
    await keyboard.keys.press('Control+Shift+m');
    // The list shows as many rows as it has room for.
    await page.locator('.pane-composite-part.panel .viewpane-filter input, .markers-panel-container input').first().fill('blocks writes');
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'blocks writes to' }).first().waitFor();
    await page.locator('.pane-composite-part.panel .viewpane-filter input, .markers-panel-container input').first().fill('');
    await keyboard.keys.press('Control+1');
    await keyboard.goTo(18, 10);
    await keyboard.keys.press('Control+k');
    await keyboard.keys.press('Control+i');
    await page.locator('.monaco-hover .hover-row', { hasText: 'blocks writes' }).first().waitFor();
    await picture('finding');
    await keyboard.keys.press('Escape');
    const choose = await keyboard.quickFix('oncurrent');
    await picture('quick-fix');
    await page.locator('.action-widget .monaco-list-row.action', { hasText: '(changes what runs)' }).first().waitFor();
    await choose();
    await keyboard.text('postgresql_concurrently=True');
    await keyboard.squiggles('warning', 0);
    await keyboard.keys.press('Control+1');
    await keyboard.save();
    await onDisk(revision(folder, '0002_index'), /autocommit_block[\s\S]*postgresql_concurrently=True/);
  },
};

/** A drop and an add that are a rename become one, in both directions. */
export const renameFix = {
  name: 'rename',
  file: 'migrations/versions/0003_rename.py',
  async run({ folder, keyboard, picture }) {
    await keyboard.squiggles('error', 1);
    await keyboard.goTo(19, 30);
    const choose = await keyboard.quickFix('ename');
    await picture('menu');
    await choose();
    await keyboard.text('new_column_name="fullname"');
    await keyboard.squiggles('error', 0);
    await keyboard.keys.press('Control+1');
    await keyboard.save();
    await onDisk(
      revision(folder, '0003_rename'),
      /alter_column\([\s\S]*new_column_name="full_name"[\s\S]*def downgrade[\s\S]*alter_column\([\s\S]*new_column_name="fullname"/,
    );
  },
};

/** A missing import is added to the revision, and to the template from which the next one is made. */
export const missingImport = {
  name: 'missing-import',
  file: 'migrations/versions/0004_import.py',
  async run({ page, folder, keyboard, picture }) {
    await keyboard.squiggles('error', 1);
    await keyboard.goTo(18, 50);
    await (await keyboard.quickFix(/[Ii]mport/))();
    await keyboard.text('import app.types');
    await keyboard.squiggles('error', 0);
    await picture('imported');
    await keyboard.save();
    await onDisk(revision(folder, '0004_import'), /^import app\.types$/m);
    await keyboard.open('env.py');
    await keyboard.squiggles('warning', 1);
    await keyboard.goTo(16, 35);
    await (await keyboard.quickFix(/[Ii]mport/))();
    // What is underlined may be drawn anew before anything is changed.
    await page.locator('.tab.dirty', { hasText: 'script.py.mako' }).waitFor();
    await keyboard.squiggles('warning', 0);
    await keyboard.command('File: Save All');
    await onDisk(`${folder}/migrations/script.py.mako`, /^import app\.types$/m);
    await picture('template');
  },
};
