// The first layer: mocha in VS Code's own extension host, against the installed .vsix.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { format } from 'node:util';

import { writeProject } from './project.mjs';
import { CLIENT, ROOT } from './tools.mjs';

const require = createRequire(path.join(CLIENT, 'package.json'));
const NOISE = /open-vsx|spdlog|watchdog|^Creating a socket|^Resolv|^\[|^Updating/;
const PATIENCE = 240_000;

/** Each kind of workspace, and how to make it; the value is the folder or file to open. */
export const SUITES = {
  async folder(root) {
    return writeProject(path.join(root, 'shop'));
  },
  async multiroot(root) {
    await writeProject(path.join(root, 'one'));
    await writeProject(path.join(root, 'two'), { dialect: 'sqlite' });
    for (const name of ['one', 'two']) await olderPython(path.join(root, name, '.venv/bin/python'));
    const file = path.join(root, 'both.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }));
    return file;
  },
  async restricted(root) {
    const folder = await writeProject(path.join(root, 'hostile'));
    const trap = `#!/bin/sh\ntouch "${folder}/RAN"\nexit 1\n`;
    await mkdir(path.join(folder, '.venv/bin'), { recursive: true });
    for (const name of ['.venv/bin/python', 'foreshot.sh']) {
      await writeFile(path.join(folder, name), trap);
      await chmod(path.join(folder, name), 0o755);
    }
    for (const name of ['json.py', 'sitecustomize.py', 'pygls.py', 'msgspec.py']) {
      await writeFile(path.join(folder, name), `open(${JSON.stringify(path.join(folder, 'RAN'))}, "w").close()\n`);
    }
    await mkdir(path.join(folder, '.vscode'));
    const settings = { 'foreshot.path': path.join(folder, 'foreshot.sh'), 'foreshot.interpreter': '.venv/bin/python' };
    await writeFile(path.join(folder, '.vscode/settings.json'), JSON.stringify(settings));
    return folder;
  },
  async elsewhere(root) {
    const folder = path.join(root, 'plain');
    await mkdir(folder);
    await writeFile(path.join(folder, 'main.py'), 'print("no migrations here")\n');
    return folder;
  },
};

/** Something like a Python that is too old for Foreshot, and has no Alembic: it keeps what it was asked. */
async function olderPython(file) {
  await mkdir(path.dirname(file), { recursive: true });
  const answer = JSON.stringify({ executable: file, version: [3, 9], foreshot: null });
  await writeFile(file, `#!/bin/sh\necho "$@" >> "$(dirname "$0")/ran"\n[ "$2" = alembic ] && exit 1\necho '${answer}'\n`, { mode: 0o755 });
}

/** Build the suites into one file beside node_modules; returns its path. */
export async function buildSuites() {
  const outfile = path.join(CLIENT, 'out/host/index.js');
  await require('esbuild').build({
    entryPoints: [path.join(ROOT, 'tests/vscode/host/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
}

/** Run the suites of one kind of workspace; returns whether all passed. */
export async function runSuites(workbench, kind, index) {
  const target = await SUITES[kind](workbench.root);
  const dummy = path.join(workbench.root, 'host');
  await mkdir(dummy, { recursive: true });
  const manifest = { name: 'testhost', publisher: 'local', version: '0.0.0', engines: { vscode: '^1.90.0' }, capabilities: { untrustedWorkspaces: { supported: true } } };
  await writeFile(path.join(dummy, 'package.json'), JSON.stringify(manifest));
  process.env.FORESHOT_SUITE = kind;
  const server = await workbench.serve({ driver: true, restricted: kind === 'restricted' });
  const context = await workbench.browser.newContext();
  try {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: `http://${server.host}` });
    const page = await context.newPage();
    const ended = new Promise((resolve) => void page.exposeFunction('codeAutomationExit', resolve));
    await page.exposeFunction('codeAutomationLog', (_type, values) => {
      const said = format(...values).trimEnd();
      if (said && !NOISE.test(said)) console.log(`    ${said}`);
    });
    const remote = (file) => `vscode-remote://${server.host}${file}`;
    const payload = [
      ['extensionDevelopmentPath', remote(dummy)],
      ['extensionTestsPath', remote(index)],
    ];
    await page.goto(workbench.address(server.host, target, { payload }));
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, 'late').unref());
    return (await Promise.race([ended, late])) === 0;
  } finally {
    await context.close();
    await server.stop();
  }
}
