import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';

import { serverLog } from '../src/server/log';

async function logged(text: string): Promise<string[]> {
  const found: string[] = [];
  const input = new PassThrough();
  serverLog(input, {
    info: (line) => found.push(`info ${line}`),
    warn: (line) => found.push(`warn ${line}`),
    error: (line) => found.push(`error ${line}`),
  });
  input.end(text);
  await once(input, 'close');
  return found;
}

describe('what the server writes to stderr', () => {
  it('keeps how grave it is, without its time: the log has its own', async () => {
    assert.deepEqual(
      await logged(
        '2026-11-20 10:50:00,874 WARNING foreshot.lsp: odd\n2026-11-20 10:50:00,875 INFO foreshot.server: read\n' +
          '2026-11-20 10:50:00,876 DEBUG foreshot.server: more\n2026-11-20 10:50:00,877 CRITICAL foreshot: over\n',
      ),
      ['warn foreshot.lsp: odd', 'info foreshot.server: read', 'info debug: foreshot.server: more', 'error foreshot: over'],
    );
  });

  it('keeps a traceback with the entry that it belongs to', async () => {
    const [entry, ...rest] = await logged('2026-11-20 10:50:00,874 WARNING foreshot: failed\nTraceback (most recent call last):\n  File "x"\n');
    assert.deepEqual([entry, ...rest], ['warn foreshot: failed', 'warn Traceback (most recent call last):', 'warn   File "x"']);
  });

  it('takes what Python says outside of any log for an error', async () => {
    assert.deepEqual(await logged("ModuleNotFoundError: No module named 'foreshot'\n"), ["error ModuleNotFoundError: No module named 'foreshot'"]);
  });
});
