import { execFile } from 'node:child_process';
import * as path from 'node:path';

/** Variables by which a folder or a shell could change what a Python of ours imports or runs. */
const UNWANTED = /^(PYTHON|LD_PRELOAD$|DYLD_INSERT_LIBRARIES$)/i;

/** How a Python of ours is started: nothing of the current folder and of variables, which would tell it of UTF-8, too. */
export const ISOLATED = ['-I', '-X', 'utf8'] as const;

/** The environment for a Foreshot of ours: everything except what steers Python, and UTF-8 whatever the locale. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !UNWANTED.test(name));
  return { ...Object.fromEntries(kept), PYTHONUTF8: '1' };
}

/** Whether a path lies in one of the folders (or is one). */
export function isInside(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const relative = path.relative(folder, file);
    return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
  });
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface RunOptions {
  readonly cwd: string;
  /** Milliseconds after which it is killed. */
  readonly timeout: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Run a program to its end and collect what it says; never rejects: one that does not start has code -1. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Output> {
  return new Promise((resolve) => {
    const given = { ...options, env: options.env ?? cleanEnvironment(), maxBuffer: 8 << 20, windowsHide: true };
    execFile(command, [...args], given, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ stdout, stderr: stderr || (error?.message ?? ''), code });
    });
  });
}
