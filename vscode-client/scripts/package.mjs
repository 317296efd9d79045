// Makes the .vsix: package.mjs [TARGET]
// TARGET is a platform as vsce names it (by default this machine's), or `universal` for one without a server of its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { licences } from './licences.mjs';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const venv = path.join(here, '..', '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const python = existsSync(venv) ? venv : process.platform === 'win32' ? 'python' : 'python3';
const target = process.argv[2] ?? `${process.platform}-${process.arch}`;

await import('./build.mjs');
if (target === 'universal') {
  await rm(path.join(here, 'bundled'), { recursive: true, force: true });
} else {
  run(python, [path.join(here, 'scripts/bundle_server.py'), target]);
}
const { packages, markdown } = await licences(here);
await writeFile(path.join(here, 'THIRD_PARTY_LICENSES.md'), markdown);

const vsce = path.join(path.dirname(createRequire(import.meta.url).resolve('@vscode/vsce/package.json')), 'vsce');
const file = path.join(here, `foreshot-${target}.vsix`);
const platform = target === 'universal' ? [] : ['--target', target];
const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', file];
run(process.execPath, [vsce, 'package', ...platform, ...options]);
const { size } = await stat(file);
console.log(`${path.basename(file)}: ${(size / 1e6).toFixed(1)} MB, with ${packages.length} packages of others`);

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
