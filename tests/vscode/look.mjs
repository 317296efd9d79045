#!/usr/bin/env node
// The sample project in the real VS Code, for a person with a browser: look.mjs [FOLDER] [--vscode newest|oldest] [--vsix FILE] [--port N]
//
// Works on a copy of the sample (or of FOLDER) that is a git repository of its own, in a profile that nothing else uses. Only
// this machine is served, and only who has the token in the address. Ctrl-C ends it and takes everything away again.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { copyProject } from './project.mjs';
import { ROOT, VERSIONS, install, packaged } from './tools.mjs';
import { QUIET, Workbench } from './workbench.mjs';

const SAMPLE = path.join(ROOT, 'tests/projects/distillery');
const FIRST = 'migrations/versions/2025_05_12_sell_abroad.py';
const PYTHON = path.join(ROOT, '.venv/bin/python');

/** What a person should meet: no questions of VS Code's own, and git, which shows what a repair has changed. */
const { 'git.enabled': _git, 'editor.hover.delay': _delay, ...OTHERS } = QUIET;
const SETTINGS = { ...OTHERS, 'git.openRepositoryInParentFolders': 'never', 'problems.defaultViewMode': 'table' };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    vscode: { type: 'string', default: 'newest' },
    vsix: { type: 'string' },
    port: { type: 'string' },
  },
});

let workbench;
let ending = false;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void end(0));
try {
  await look();
} catch (error) {
  console.error(`── ${error.message}`);
  await end(1);
}

async function look() {
  const project = path.resolve(positionals[0] ?? SAMPLE);
  if (!existsSync(project)) throw new Error(`${project} is not there.`);
  const { vscode } = VERSIONS[options.vscode] ?? {};
  if (vscode === undefined) throw new Error(`--vscode takes ${Object.keys(VERSIONS).join(' or ')}.`);
  say(`VS Code ${vscode} (the first time it is fetched, which takes a minute or two)`);
  const tools = await install(options.vscode);
  say('the extension');
  const vsix = path.resolve(options.vsix ?? packaged());
  workbench = await Workbench.create(tools, undefined, vsix, SETTINGS);
  // The bundled server is what everybody gets; the interpreter has an Alembic for the sample's SQLite.
  await workbench.settings({ 'foreshot.importStrategy': 'useBundled', ...(existsSync(PYTHON) && { 'foreshot.interpreter': PYTHON }) });
  const folder = await copyProject(project, path.join(workbench.root, path.basename(project)));
  commit(folder);
  const token = randomBytes(24).toString('hex');
  const server = await workbench.serve({ token, port: options.port });
  const file = existsSync(path.join(folder, FIRST)) ? path.join(folder, FIRST) : undefined;
  const address = workbench.address(server.host, folder, { file, token });
  console.log(`\n   ${address}\n`);
  console.log('   Open this address in a browser on this machine. To try there: Ctrl+. on what is underlined, the view Migrations in');
  console.log('   the Explorer, F1 and "Foreshot: Show Graph". It is a copy: nothing that you do there stays. Ctrl-C here ends it.\n');
  show(address);
  await server.ended;
  if (!ending) throw new Error('VS Code has ended by itself.');
}

/** A repository of its own, so that what a person does can be seen and taken back. */
function commit(folder) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const who = ['-c', 'user.name=Foreshot', '-c', 'user.email=foreshot@localhost', '-c', 'commit.gpgSign=false'];
  for (const args of [['init', '--quiet'], ['add', '--all', '--force'], [...who, 'commit', '--quiet', '--no-verify', '--message', 'The sample project']]) {
    const { status } = spawnSync('git', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error('git could not make a repository of the copy.');
  }
}

/** Open the address where there is a desktop and a person in front of it. */
function show(address) {
  const opener = process.platform === 'darwin' ? 'open' : process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
  if (opener === undefined || !process.stdout.isTTY) return;
  spawn(opener, [address], { stdio: 'ignore', detached: true }).on('error', () => undefined).unref();
}

async function end(code) {
  if (ending) return;
  ending = true;
  await workbench?.end();
  process.exit(code);
}

function say(what) {
  console.log(`── ${what}`);
}
