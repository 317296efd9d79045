import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { cleanEnvironment, isInside, run } from '../src/server/isolation';
import { Signal } from '../src/server/signal';

describe('isolation', () => {
  it('leaves out what steers Python', () => {
    const kept = cleanEnvironment({ PYTHONPATH: '/evil', PYTHONSTARTUP: 'x', LD_PRELOAD: 'y', HOME: '/home/me' });
    assert.deepEqual(kept, { HOME: '/home/me', PYTHONUTF8: '1' });
  });

  it('knows what lies in a folder', () => {
    assert.ok(isInside('/a/b/c', ['/a/b']));
    assert.ok(isInside('/a/b', ['/a/b']));
    assert.ok(!isInside('/a/bc', ['/a/b']));
    assert.ok(!isInside('/a', ['/a/b']));
    assert.ok(isInside('/a/b/..hidden', ['/a/b']));
  });

  it('reports a program that does not start as a failure, not as an exception', async () => {
    assert.equal((await run('/not/there', [], { cwd: '/', timeout: 1000 })).code, -1);
  });
});

describe('a signal', () => {
  const never = (): { dispose(): void } => ({ dispose: () => undefined });

  it('ends a wait, also one that begins later, once', async () => {
    const signal = new Signal();
    signal.raise();
    await signal.wait(never);
    let ended = false;
    const waiting = signal.wait(never).then(() => (ended = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false);
    signal.raise();
    await waiting;
  });

  it('ends a wait that is interrupted', async () => {
    await new Signal().wait((listener) => {
      setImmediate(listener);
      return { dispose: () => undefined };
    });
  });
});
