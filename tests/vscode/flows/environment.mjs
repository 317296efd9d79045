/** What is typed into env.py counts at once, there and in the revisions. */
export const environmentEdits = {
  name: 'environment-edits',
  file: 'migrations/env.py',
  async run({ keyboard, picture }) {
    await keyboard.text('compare_type=True');
    await keyboard.goTo(14, 98);
    await keyboard.squiggles('warning', 0);
    await keyboard.command('Find');
    await keyboard.keys.type('compare_type=True');
    await keyboard.keys.press('Escape');
    await keyboard.keys.type('compare_type=False');
    await keyboard.squiggles('warning', 1);
    await picture('types-not-compared');
    await keyboard.keys.press('Control+z');
    await keyboard.squiggles('warning', 0);
  },
};
