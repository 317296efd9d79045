// One VS Code with a fresh profile: its server, and pages of its workbench in a browser.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export const QUIET = {
  'chat.disableAIFeatures': true,
  'editor.hover.delay': 150,
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'terminal.integrated.gpuAcceleration': 'off',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.restoreWindows': 'none',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export class Workbench {
  #servers = [];

  constructor(tools, browser, root) {
    Object.assign(this, { tools, browser, root, data: path.join(root, 'profile') });
  }

  /** A fresh profile with the extension installed from its .vsix; `settings` are a person's. */
  static async create(tools, browser, vsix, settings = QUIET) {
    const workbench = new Workbench(tools, browser, await mkdtemp(path.join(os.tmpdir(), 'foreshot-vscode-')));
    await workbench.settings(settings, 'User');
    const args = [tools.main, ...workbench.#base(), '--install-extension', vsix];
    const { stdout, stderr } = spawnSync(tools.node, args, { encoding: 'utf8', env: environment() });
    if (!/successfully installed/.test(stdout)) throw new Error(`The .vsix was not installed.\n${stdout}\n${stderr}`);
    return workbench;
  }

  /** Settings of a person (`User`), or those that only a machine has (`Machine`: a race loses them elsewhere). */
  async settings(values, level = 'Machine') {
    const folder = path.join(this.data, 'data', level);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'settings.json'), JSON.stringify(values));
  }

  /** Start VS Code's server; `restricted` leaves workspace trust on, `token` is asked of whoever wants a page. */
  async serve({ restricted = false, driver = false, token, port } = {}) {
    port ??= await freePort();
    const log = openSync(path.join(this.root, 'server.log'), 'a');
    const options = ['--host', '127.0.0.1', '--port', String(port)];
    if (token === undefined) {
      options.push('--without-connection-token');
    } else {
      // In a file: everybody on the machine may read how a process was started.
      const file = path.join(this.root, 'token');
      await writeFile(file, token, { mode: 0o600 });
      options.push('--connection-token-file', file);
    }
    if (!restricted) options.push('--disable-workspace-trust');
    if (driver) options.push('--enable-smoke-test-driver');
    const child = spawn(this.tools.node, [this.tools.main, ...this.#base(), ...options], {
      stdio: ['ignore', log, log],
      detached: true,
      env: environment(),
    });
    closeSync(log);
    this.#servers.push(child);
    const host = `127.0.0.1:${port}`;
    const first = `http://${host}/${token === undefined ? '' : `?tkn=${token}`}`;
    for (let i = 0; i < 300 && child.exitCode === null; i++) {
      const answer = await fetch(first, { redirect: 'manual' }).catch(() => undefined);
      if (answer !== undefined && answer.status < 400) return { host, ended: once(child, 'exit'), stop: () => this.#stop(child) };
      await sleep(100);
    }
    throw new Error(`VS Code did not start.\n${await readFile(path.join(this.root, 'server.log'), 'utf8')}`);
  }

  /** The address of a folder (or a .code-workspace) in the workbench, with a file open, and the token if one is asked for. */
  address(host, folder, { file, token, payload = [] } = {}) {
    const all = [['skipWelcome', 'true'], ...(file ? [['openFile', `vscode-remote://${host}${file}`]] : []), ...payload];
    const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
    const known = token === undefined ? '' : `tkn=${token}&`;
    return `http://${host}/?${known}${kind}=${folder}&payload=${encodeURIComponent(JSON.stringify(all))}`;
  }

  async end({ keep = false } = {}) {
    for (const child of this.#servers) await this.#stop(child);
    if (!keep) await rm(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #stop(child) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    signal(child.pid, 'SIGTERM');
    if ((await Promise.race([ended, sleep(3000).then(() => 'late')])) === 'late') signal(child.pid, 'SIGKILL');
    signal(child.pid, 'SIGKILL');
  }

  #base() {
    return ['--server-data-dir', this.data, '--accept-server-license-terms', '--telemetry-level', 'off'];
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What of this process VS Code gets: not the variables of an editor that the tests were started from. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VSCODE|ELECTRON)_/.test(name)));
}

function signal(pid, name) {
  try {
    process.kill(-pid, name);
  } catch {
    // Gone already.
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
