// Makes the .vsix: package.mjs [TARGET…]
// TARGET is a platform as vsce names it (by default this machine's), `universal` for one without a server of its own, or `all`.
//
// Each is put together in a folder of its own, .packages/TARGET, which keeps the server for the next time.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { licences } from './licences.mjs';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const venv = path.join(here, '..', '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const python = existsSync(venv) ? venv : process.platform === 'win32' ? 'python' : 'python3';
const vsce = path.join(path.dirname(createRequire(import.meta.url).resolve('@vscode/vsce/package.json')), 'vsce');

/** What stands in the package as it stands here; the others are made for it. */
const FILES = ['CHANGELOG.md', 'LICENSE', '.vscodeignore', 'images', 'walkthrough', 'out/extension.js', 'out/webview'];

const bundler = path.join(here, 'scripts/bundle_server.py');
const platforms = run(python, [bundler, '--platforms']).stdout.trim().split(/\s+/);
const given = process.argv.slice(2);
const wanted = given.length === 0 ? [`${process.platform}-${process.arch}`] : given.includes('all') ? [...platforms, 'universal'] : given;
const unknown = wanted.filter((target) => ![...platforms, 'universal'].includes(target));
if (unknown.length > 0) fail(`${unknown.join(', ')}: none of ${platforms.join(', ')}, universal and all.`);

await import('./build.mjs');
for (const target of wanted) await make(target);

async function make(target) {
  const stage = path.join(here, '.packages', target);
  await lay(stage);
  const bundled = path.join(stage, 'bundled');
  if (target === 'universal') await rm(bundled, { recursive: true, force: true });
  else run(python, [bundler, target, bundled]);
  const { packages, markdown } = await licences(here, bundled);
  await writeFile(path.join(stage, 'THIRD_PARTY_LICENSES.md'), markdown);

  const file = path.join(here, `foreshot-${target}.vsix`);
  const platform = target === 'universal' ? [] : ['--target', target];
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', file];
  const { stdout, stderr } = run(process.execPath, [vsce, 'package', ...platform, ...options], stage);
  const warnings = `${stdout}\n${stderr}`.split('\n').filter((line) => /warning/i.test(line));
  if (warnings.length > 0) fail(`vsce is not content:\n${warnings.join('\n')}`);
  const packed = (await stat(file)).size;
  console.log(`${path.basename(file)}: ${megabytes(packed)}, ${megabytes(await sizeOf(stage))} unpacked, ${packages.length} packages of others`);
}

/** Put the extension's own files into a folder, and away what is there of others, except the server. */
async function lay(stage) {
  await mkdir(stage, { recursive: true });
  for (const name of await readdir(stage)) if (name !== 'bundled') await rm(path.join(stage, name), { recursive: true });
  for (const name of FILES) await cp(path.join(here, name), path.join(stage, name), { recursive: true });
  await writeFile(path.join(stage, 'README.md'), withoutPictures(await readFile(path.join(here, 'README.md'), 'utf8')));
  const { devDependencies: _dev, scripts: _scripts, ...manifest } = JSON.parse(await readFile(path.join(here, 'package.json'), 'utf8'));
  await writeFile(path.join(stage, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** VS Code shows no picture of an extension's own in its page, only broken ones; the walkthrough shows them. */
function withoutPictures(readme) {
  const where = 'For pictures run the command *Welcome: Open Walkthrough…* and choose *Get started with Foreshot*.';
  const [first, ...others] = readme.split(/^!\[[^\]]*\]\(images\/[^)]+\)\n\n?/m);
  return [first, `${where}\n\n`, ...others].join('');
}

async function sizeOf(folder) {
  let size = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    size += entry.isDirectory() ? await sizeOf(name) : (await stat(name)).size;
  }
  return size;
}

function megabytes(size) {
  return `${(size / 1e6).toFixed(1)} MB`;
}

/** Run a program to its end; what it says is shown only when it fails. */
function run(command, args, cwd = here) {
  const ran = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (ran.status !== 0) fail(`${ran.stdout}${ran.stderr}${ran.error?.message ?? ''}`);
  return ran;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
