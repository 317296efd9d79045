import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import type { ClientSettings } from '../settings';
import { ISOLATED, isInside } from './isolation';
import { OLDEST, environmentsIn, inspect, isSupported, onSearchPath, type Python } from './python';

/** A server that can be started: `command` with `args`, and further arguments of Foreshot's command line after them. */
export interface FoundServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: 'path' | 'environment' | 'bundled';
  /** For people: where it is and which version. */
  readonly description: string;
}

export interface Surroundings {
  readonly settings: ClientSettings;
  /** Whether the person trusts the workspace. */
  readonly trusted: boolean;
  readonly folders: readonly string[];
  /** The interpreter that the Python extension has selected, where there is one. */
  readonly selected: string | undefined;
  /** The extension's folder with the bundled server. */
  readonly bundled: string;
  /** A folder of the extension's own, where Python keeps what it has compiled. */
  readonly cache: string;
  /** A folder without anything to import, for processes to start in. */
  readonly cwd: string;
}

/** No server can be started; the message says what a person can do. */
export class NoServer extends Error {}

/**
 * The server to start: the one that the settings name, else the one of the selected environment, else the bundled one.
 * In a workspace that is not trusted only the bundled one, on an interpreter from outside the workspace.
 */
export async function findServer(where: Surroundings): Promise<FoundServer> {
  const { settings, trusted } = where;
  if (trusted && settings.path !== '') return fromPath(settings.path, where);
  if (trusted && settings.importStrategy === 'fromEnvironment') {
    const python = await firstPython(projectInterpreters(where), where, false);
    if (python?.foreshot !== undefined) {
      return {
        command: python.executable,
        args: [...ISOLATED, '-m', 'foreshot'],
        origin: 'environment',
        description: `foreshot ${python.foreshot} of ${python.executable}`,
      };
    }
  }
  return bundledServer(where);
}

/** The interpreter of the project, of any version, for its own Alembic: none in a workspace that is not trusted. */
export function projectPython(where: Surroundings): Promise<Python | undefined> {
  if (!where.trusted) return Promise.resolve(undefined);
  return firstPython([...projectInterpreters(where), ...onSearchPath()], where, false, () => true);
}

function fromPath(given: string, where: Surroundings): FoundServer {
  const file = resolve(given, where.folders);
  if (!isFile(file)) throw new NoServer(`The setting foreshot.path names ${file}, which is not there.`);
  return { command: file, args: [], origin: 'path', description: file };
}

async function bundledServer(where: Surroundings): Promise<FoundServer> {
  const launcher = path.join(where.bundled, 'launch.py');
  if (!isFile(path.join(where.bundled, 'libs', 'common', 'foreshot', '__init__.py'))) {
    throw new NoServer(
      'This build of the extension brings no server for this platform. ' +
        'Install foreshot into the Python environment of the project: pip install foreshot.',
    );
  }
  const own = [...projectInterpreters(where), ...onSearchPath()];
  const candidates = where.trusted ? own : own.filter((file) => !leadsInside(file, where.folders));
  const brought = (found: Python): boolean => fs.existsSync(path.join(where.bundled, 'libs', `cp${found.version.join('')}`));
  const python = await firstPython(candidates, where, true, (found) => isSupported(found) && brought(found));
  if (python === undefined) {
    throw new NoServer(
      `Foreshot needs Python ${OLDEST.join('.')} or newer to run its server, and found none. ` +
        'Install it, or name one in the setting foreshot.interpreter.',
    );
  }
  return {
    command: python.executable,
    args: [...ISOLATED, '-S', '-X', `pycache_prefix=${where.cache}`, launcher],
    origin: 'bundled',
    description: `the bundled server on Python ${python.version.join('.')} (${python.executable})`,
  };
}

function projectInterpreters(where: Surroundings): string[] {
  const named = where.settings.interpreter === '' ? [] : [resolve(where.settings.interpreter, where.folders)];
  const selected = where.selected === undefined ? [] : [where.selected];
  return [...named, ...selected, ...(where.trusted ? where.folders.flatMap((folder) => environmentsIn(folder)) : [])];
}

async function firstPython(
  candidates: readonly string[],
  where: Surroundings,
  bare: boolean,
  accept = isSupported,
): Promise<Python | undefined> {
  for (const candidate of new Set(candidates)) {
    if (!isFile(candidate)) continue;
    const python = await inspect(candidate, where.cwd, bare);
    if (python !== undefined && accept(python)) return python;
  }
  return undefined;
}

/** A path of the settings: `~`, `${workspaceFolder}` and relative paths are understood. */
function resolve(given: string, folders: readonly string[]): string {
  const folder = folders[0] ?? '';
  const text = given.replaceAll('${workspaceFolder}', () => folder).replace(/^~(?=$|[\\/])/, () => os.homedir());
  return path.isAbsolute(text) ? text : path.resolve(folder, text);
}

/**
 * Whether a file is one of the folders', by any name: its own, that of the place where it lies (the Python of an environment
 * is a link out of it), or that of what it is a link to. A folder may have been opened by another name, too.
 */
function leadsInside(file: string, folders: readonly string[]): boolean {
  const real = fs.realpathSync.native;
  try {
    const names = [file, path.join(real(path.dirname(file)), path.basename(file)), real(file)];
    const places = folders.flatMap((folder) => [folder, real(folder)]);
    return names.some((name) => isInside(name, places));
  } catch {
    return true;
  }
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
