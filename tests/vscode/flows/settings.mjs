import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Settings of the extension itself count at once, in files that are open. */
export const lenses = {
  name: 'lenses',
  file: 'migrations/versions/0005_unnamed.py',
  async run({ page, folder }) {
    const lens = page.locator('.editor-instance .codelens-decoration', { hasText: 'branch point' });
    await lens.first().waitFor();
    await mkdir(path.join(folder, '.vscode'));
    const settings = path.join(folder, '.vscode/settings.json');
    await writeFile(settings, '{"foreshot.codeLens": false}');
    await lens.first().waitFor({ state: 'detached' });
    await writeFile(settings, '{}');
    await lens.first().waitFor();
  },
};
