/** What is typed into env.py and into the template counts at once, before anything is saved. */
export const environmentEdits = {
  name: 'environment-edits',
  file: 'migrations/env.py',
  async run({ keyboard, picture }) {
    await keyboard.text('compare_type=True');
    await keyboard.squiggles('warning', 1);
    await keyboard.find('compare_type=True');
    await keyboard.keys.type('compare_type=False');
    await keyboard.squiggles('warning', 2);
    await picture('types-not-compared');
    await keyboard.keys.press('Control+z');
    await keyboard.squiggles('warning', 1);
    await keyboard.open('script.py.mako');
    await keyboard.goTo(9, 1);
    await keyboard.keys.type('import app.types\n');
    await keyboard.open('env.py');
    await keyboard.squiggles('warning', 0);
    await picture('template-imports');
  },
};
