import { readdir, rm } from 'node:fs/promises';
import * as path from 'node:path';

/**
 * The folder in which Python keeps what it has compiled of this version of the extension, below the extension's storage.
 * The extension's own folder may not be writable, and nothing would take away there what older versions have left.
 */
export function compiledFolder(storage: string, version: string): string {
  return path.join(storage, 'pycache', version);
}

/** Take away what other versions have left. Nothing waits for it, and nothing depends on it. */
export async function forgetOthers(compiled: string): Promise<void> {
  const parent = path.dirname(compiled);
  const found = await readdir(parent).catch(() => []);
  const others = found.filter((name) => name !== path.basename(compiled));
  await Promise.allSettled(others.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}
