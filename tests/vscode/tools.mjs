// The real VS Code: the server inside the npm package code-server, with the node that it wants, and Debian's Chromium.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const CLIENT = path.join(ROOT, 'vscode-client');

/** Versions of VS Code by name: the oldest that the manifest allows, and the newest there is. */
export const VERSIONS = {
  oldest: { vscode: '1.100', codeServer: '4.100.3', node: undefined },
  newest: { vscode: '1.139', codeServer: '4.139.1', node: '24' },
};

/** Where tools are kept; another place can be named, for machines that keep them between runs. */
const KEPT = process.env.FORESHOT_WORKBENCH ?? path.join(CLIENT, '.workbench');

/** No scripts: they would compile, and download from elsewhere. */
const FLAGS = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
/** The package that has a node for this machine. */
const MACHINE = `${process.platform}-${process.arch}`;
const NODE = MACHINE === 'darwin-arm64' ? `node-bin-${MACHINE}` : `node-${MACHINE}`;

/** Package the extension for this machine; returns the path of the .vsix. */
export function packaged() {
  const { status } = spawnSync(process.execPath, [path.join(CLIENT, 'scripts/package.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('The extension could not be packaged.');
  return path.join(CLIENT, `foreshot-${MACHINE}.vsix`);
}

/** Install a version once; returns its server's entry point and the node to run it with. */
export async function install(name) {
  const { codeServer, node } = VERSIONS[name];
  const folder = path.join(KEPT, codeServer);
  const server = path.join(folder, 'node_modules/code-server/lib/vscode');
  const mark = path.join(folder, 'installed');
  if (!existsSync(mark)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"private":true}');
    const packages = [`code-server@${codeServer}`, ...(node ? [`${NODE}@${node}`] : [])];
    npm(['install', ...FLAGS, ...packages], folder);
    npm(['install', '--omit=dev', ...FLAGS], server);
    await writeFile(mark, codeServer);
  }
  await ripgrep(folder, server);
  await terminals(folder, server);
  const own = path.join(folder, 'node_modules', NODE, 'bin/node');
  const main = path.join(server, 'out/server-main.js');
  const { version } = JSON.parse(await readFile(path.join(server, 'package.json'), 'utf8'));
  return { name, version, main, node: existsSync(own) ? own : process.execPath };
}

/** The older VS Code would download what it searches files with; the newer one's package brings it. */
async function ripgrep(folder, server) {
  const old = path.join(server, 'node_modules/@vscode/ripgrep');
  if (!existsSync(old) || existsSync(path.join(old, 'bin/rg'))) return;
  npm(['install', ...FLAGS, '@vscode/ripgrep-universal'], folder);
  const brought = path.join(folder, 'node_modules/@vscode/ripgrep-universal/bin', MACHINE, 'rg');
  await mkdir(path.join(old, 'bin'), { recursive: true });
  await copyFile(brought, path.join(old, 'bin/rg'));
  await chmod(path.join(old, 'bin/rg'), 0o755);
}

/** The older VS Code would compile what its terminals need; another package brings it compiled. */
async function terminals(folder, server) {
  const pty = path.join(server, 'node_modules/node-pty');
  const wanted = path.join(pty, 'build/Release/pty.node');
  if (existsSync(path.join(pty, 'prebuilds')) || existsSync(wanted)) return;
  const name = `@lydell/node-pty-${MACHINE}`;
  npm(['install', ...FLAGS, `${name}@1.1.0`], folder);
  await mkdir(path.dirname(wanted), { recursive: true });
  await copyFile(path.join(folder, 'node_modules', name, 'pty.node'), wanted);
}

/** The Chromium of the system. */
export function chromium() {
  const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const file = found.find((candidate) => candidate && existsSync(candidate));
  if (file === undefined) throw new Error('The workbench is shown in Chromium: install it (on Debian: apt install chromium).');
  return file;
}

function npm(args, cwd) {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${cwd}`);
}
