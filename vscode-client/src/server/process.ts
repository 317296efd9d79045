import { spawn, type ChildProcess } from 'node:child_process';

import { NoServer, type FoundServer } from './find';
import { cleanEnvironment } from './isolation';

/** The server processes of one client: one after the other, for it starts another after a crash. */
export class Processes {
  private readonly running = new Set<ChildProcess>();

  /** Start a server on stdio. Rejects when the program cannot be started at all. */
  start(server: FoundServer, further: readonly string[], cwd: string): Promise<ChildProcess> {
    return new Promise((resolve, reject) => {
      const child = spawn(server.command, [...server.args, 'server', ...further], {
        cwd,
        env: cleanEnvironment(),
        stdio: 'pipe',
        windowsHide: true,
      });
      const failed = (error: Error): void => reject(new NoServer(`The Foreshot server could not be started: ${error.message}`));
      child.once('error', failed);
      child.once('exit', () => this.running.delete(child));
      child.once('spawn', () => {
        this.running.add(child);
        child.off('error', failed);
        // A pipe that breaks is the end of the connection, which is heard of there.
        child.on('error', () => undefined);
        child.stdin.on('error', () => undefined);
        resolve(child);
      });
    });
  }

  /** End what does not end by itself within some milliseconds: the client lets a server that it did not spawn live. */
  async end(grace: number): Promise<void> {
    await Promise.all([...this.running].map((child) => ended(child, grace)));
  }
}

async function ended(child: ChildProcess, grace: number): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), grace);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
}
