import { spawn, type ChildProcess } from 'node:child_process';

import type { FoundServer } from './find';
import { cleanEnvironment } from './isolation';

/** Start a server on stdio. Rejects when the program cannot be started at all. */
export function startProcess(server: FoundServer, further: readonly string[], cwd: string): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(server.command, [...server.args, 'server', ...further], {
      cwd,
      env: cleanEnvironment(),
      stdio: 'pipe',
      windowsHide: true,
    });
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      // A pipe that breaks is the end of the connection, which is heard of there.
      child.on('error', () => undefined);
      child.stdin.on('error', () => undefined);
      resolve(child);
    });
  });
}
