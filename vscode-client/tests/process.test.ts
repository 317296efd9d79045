import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Processes } from '../src/server/process';

const node = (script: string) => ({ command: process.execPath, args: ['-e', script], origin: 'path', description: '' }) as const;

describe('the processes of a server', () => {
  it('are ended, also one that would not end by itself', async () => {
    const processes = new Processes();
    const willing = await processes.start(node('process.stdin.resume()'), [], '/');
    const stubborn = await processes.start(node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")'), [], '/');
    await new Promise((resolve) => stubborn.stdout?.once('data', resolve));
    willing.stdin?.end();
    await processes.end(1000);
    assert.deepEqual([willing.exitCode, stubborn.signalCode], [0, 'SIGKILL']);
    await processes.end(1000);
  });

  it('are not there when the program cannot be started', async () => {
    const processes = new Processes();
    await assert.rejects(processes.start({ ...node(''), command: '/not/there' }, [], '/'), /ENOENT/);
    await processes.end(0);
  });
});
