import * as path from 'node:path';

import { run } from './isolation';

/** The oldest Python that Foreshot runs on. */
export const OLDEST: readonly [number, number] = [3, 11];

export interface Python {
  readonly executable: string;
  readonly version: readonly [number, number];
  /** The version of foreshot in its environment; undefined when it has none. */
  readonly foreshot: string | undefined;
}

// Isolated, and without a look at what any module does: only where they are.
const QUESTION = `
import json, sys
found = None
if "-S" not in sys.argv:
    from importlib import metadata
    try:
        found = metadata.version("foreshot")
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({"executable": sys.executable, "version": sys.version_info[:2], "foreshot": found}))
`;

/**
 * Ask an interpreter what it is; undefined when it does not answer like one.
 *
 * `bare` leaves its environment out (`-S`): nothing of it is looked at, so nothing in it can run.
 */
export async function inspect(executable: string, cwd: string, bare = false): Promise<Python | undefined> {
  const options = bare ? ['-I', '-S', '-c', QUESTION, '-S'] : ['-I', '-c', QUESTION];
  const answer = await run(executable, options, { cwd, timeout: 15_000 });
  if (answer.code !== 0) return undefined;
  try {
    const said = JSON.parse(answer.stdout) as { version: [number, number]; foreshot: string | null };
    return { executable, version: said.version, foreshot: said.foreshot ?? undefined };
  } catch {
    return undefined;
  }
}

export function isSupported(python: Python): boolean {
  const [major, minor] = python.version;
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Interpreters that a folder may hold, as virtual environments are usually called. */
export function environmentsIn(folder: string, platform: NodeJS.Platform = process.platform): string[] {
  return ['.venv', 'venv', 'env'].map((name) => interpreterOf(path.join(folder, name), platform));
}

/** The interpreter of a virtual environment. */
export function interpreterOf(environment: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32'
    ? path.join(environment, 'Scripts', 'python.exe')
    : path.join(environment, 'bin', 'python');
}

/** Interpreters on the search path, absolute, newest name first; relative entries of the search path do not count. */
export function onSearchPath(environment = process.env, platform: NodeJS.Platform = process.platform): string[] {
  const names =
    platform === 'win32'
      ? ['python.exe', 'python3.exe']
      : ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
  const folders = (environment['PATH'] ?? environment['Path'] ?? '').split(path.delimiter).filter(path.isAbsolute);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}
