import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { withoutPaths } from '../src/commands/paths';
import { isRisky, question } from '../src/commands/question';
import type { Revision } from '../src/history/graph';

function revision(id: string, findings: Revision['findings'] = {}): Revision {
  return {
    revision: id,
    uri: `file:///versions/${id}.py`,
    row: 0,
    down_revisions: [],
    depends_on: [],
    branch_labels: [],
    message: `about ${id}`,
    create_date: null,
    head: false,
    base: false,
    branch_point: false,
    merge_point: false,
    stale: false,
    findings,
  };
}

describe('the question before Alembic runs', () => {
  const silent = (): string[] => [];

  it('names the database, and is answered with no by itself where an error was found', () => {
    const plan = { direction: 'upgrade', revisions: [revision('a1')], known: true, databases: ['postgresql “shop” on db'], unsaved: [] } as const;
    assert.match(question(plan, silent), /^Database: postgresql “shop” on db\nThis runs 1 revision:\n/);
    assert.equal(isRisky(plan), false);
    assert.equal(isRisky({ revisions: [revision('a1'), revision('b2', { error: 1 })] }), true);
  });

  it('lists the revisions in their order, with what was found in each', () => {
    const revisions = [revision('a1'), revision('b2', { error: 1, warning: 2 }), revision('c3', { hint: 1 })];
    const rules = (one: Revision): string[] => (one.revision === 'b2' ? ['drop-column', 'blocking-index', 'blocking-index'] : []);
    assert.equal(
      question({ direction: 'upgrade', revisions, known: true, unsaved: [] }, rules),
      [
        'This runs 3 revisions:',
        '• a1 about a1: nothing found',
        '• b2 about b2: 1 error, 2 warnings (drop-column, blocking-index)',
        '• c3 about c3: 1 hint',
      ].join('\n'),
    );
  });

  it('says when the database could not be asked, and what is not saved', () => {
    const text = question({ direction: 'downgrade', revisions: [revision('a1')], known: false, unsaved: ['a1.py'] }, silent);
    assert.match(text, /^Where the database is could not be told\. At most, this undoes 1 revision:\n/);
    assert.match(text, /\n\nNot saved, and Alembic runs what is saved: a1\.py$/);
  });

  it('names no more than a dialog has room for, and counts the others with their findings', () => {
    const revisions = Array.from({ length: 30 }, (_, index) => revision(`r${String(index)}`, index === 29 ? { warning: 1 } : {}));
    const lines = question({ direction: 'upgrade', revisions, known: true, unsaved: [] }, silent).split('\n');
    assert.equal(lines.length, 13);
    assert.equal(lines.at(-1), '• and 19 more, with findings in 1 of them');
    const four = question({ direction: 'upgrade', revisions: [revision('x', { hint: 4 })], known: true, unsaved: [] }, () => ['a', 'b', 'c', 'd']);
    assert.match(four, /\(a, b, c, …\)$/);
  });
});

describe('debug information', () => {
  it('does not say where the project and the home are', () => {
    const said = 'foreshot 0.1.0 of /home/me/shop/.venv/bin/python, /home/me/bin and /usr/bin';
    assert.equal(withoutPaths(said, ['/home/me/shop'], '/home/me'), 'foreshot 0.1.0 of <folder>/.venv/bin/python, ~/bin and /usr/bin');
    assert.equal(withoutPaths('/usr/bin/python', ['/'], '/'), '/usr/bin/python');
  });
});
