import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { NoServer, findServer, projectPython, type Surroundings } from '../src/server/find';

/** A program that answers as a Python of a version would, with or without foreshot in its environment. */
function fakePython(file: string, version: string, foreshot?: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const [major, minor] = version.split('.');
  const found = foreshot === undefined ? 'null' : `"${foreshot}"`;
  const said = `{"executable": "${file}", "version": [${String(major)}, ${String(minor)}], "foreshot": ${found}}`;
  writeFileSync(file, `#!/bin/sh\n: > "${file}.ran"\necho '${said}'\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('the server that is started', () => {
  let root = '';
  let where: Surroundings;
  const searchPath = process.env['PATH'];

  before(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'foreshot-find-'));
    const bundled = path.join(root, 'extension/bundled');
    mkdirSync(path.join(bundled, 'libs/common/foreshot'), { recursive: true });
    mkdirSync(path.join(bundled, 'libs/cp312'));
    writeFileSync(path.join(bundled, 'libs/common/foreshot/__init__.py'), '');
    writeFileSync(path.join(bundled, 'launch.py'), '');
    fakePython(path.join(root, 'usr/bin/python3'), '3.12');
    // The shell of the fakes is found by its full path; nothing else is looked up.
    process.env['PATH'] = path.join(root, 'usr/bin');
    const folder = path.join(root, 'project');
    mkdirSync(folder);
    where = {
      settings: { enable: true, path: '', args: [], interpreter: '', importStrategy: 'fromEnvironment' },
      trusted: true,
      folders: [folder],
      selected: undefined,
      bundled,
      cache: path.join(root, 'cache'),
      cwd: root,
    };
  });

  after(() => {
    process.env['PATH'] = searchPath;
    rmSync(root, { recursive: true, force: true });
  });

  it('is the bundled one, isolated and without the environment, when there is no other', async () => {
    const found = await findServer(where);
    assert.equal(found.origin, 'bundled');
    assert.deepEqual(found.args.slice(0, 5), ['-I', '-X', 'utf8', '-S', '-X']);
    assert.equal(found.command, path.join(root, 'usr/bin/python3'));
  });

  it('is the one of the selected environment, isolated, where that has foreshot', async () => {
    const selected = fakePython(path.join(root, 'selected/bin/python'), '3.13', '0.1.0');
    const found = await findServer({ ...where, selected });
    assert.deepEqual([found.origin, found.command, found.args], ['environment', selected, ['-I', '-X', 'utf8', '-m', 'foreshot']]);
    const bundled = await findServer({ ...where, selected, settings: { ...where.settings, importStrategy: 'useBundled' } });
    assert.equal(bundled.origin, 'bundled');
  });

  it('is the one that the settings name, before any other', async () => {
    const file = fakePython(path.join(root, 'own/foreshot'), '3.12');
    const found = await findServer({ ...where, settings: { ...where.settings, path: file } });
    assert.deepEqual([found.origin, found.command], ['path', file]);
    await assert.rejects(findServer({ ...where, settings: { ...where.settings, path: '/not/there' } }), NoServer);
  });

  it('comes from an environment in the folder, if the folder is trusted', async () => {
    const folder = path.join(root, 'with-environment');
    const python = fakePython(path.join(folder, '.venv/bin/python'), '3.12', '0.1.0');
    assert.equal((await findServer({ ...where, folders: [folder] })).command, python);
    assert.equal((await projectPython({ ...where, folders: [folder] }))?.executable, python);
  });

  it('needs a newer Python than the project has to have for its own Alembic', async () => {
    const folder = path.join(root, 'older');
    const python = fakePython(path.join(folder, '.venv/bin/python'), '3.9');
    assert.equal((await findServer({ ...where, folders: [folder] })).command, path.join(root, 'usr/bin/python3'));
    assert.equal((await projectPython({ ...where, folders: [folder] }))?.executable, python);
  });

  it('is never anything of a folder that is not trusted', async () => {
    const folder = path.join(root, 'hostile');
    const python = fakePython(path.join(folder, '.venv/bin/python'), '3.12', '0.1.0');
    const settings = { ...where.settings, path: python, interpreter: python };
    const found = await findServer({ ...where, folders: [folder], settings, selected: python, trusted: false });
    assert.deepEqual([found.origin, found.command], ['bundled', path.join(root, 'usr/bin/python3')]);
    assert.ok(!existsSync(`${python}.ran`), 'it was not even asked');
    assert.equal(await projectPython({ ...where, folders: [folder], trusted: false }), undefined);
  });

  it('is not of such a folder by another name either', async () => {
    const folder = path.join(root, 'real');
    const python = fakePython(path.join(folder, '.venv/bin/python3'), '3.12');
    const link = path.join(root, 'link');
    symlinkSync(folder, link);
    for (const [opened, found] of [[link, folder], [folder, link]] as const) {
      process.env['PATH'] = [path.join(found, '.venv/bin'), path.join(root, 'usr/bin')].join(path.delimiter);
      const { command } = await findServer({ ...where, folders: [opened], trusted: false });
      assert.equal(command, path.join(root, 'usr/bin/python3'));
    }
    process.env['PATH'] = path.join(root, 'usr/bin');
    assert.ok(!existsSync(`${python}.ran`), 'it was not even asked');
  });

  it('is named by paths of the home and of the folder, whatever is in their names', async () => {
    const folder = path.join(root, 'costs $& more');
    const file = fakePython(path.join(folder, 'bin/foreshot'), '3.12');
    for (const given of ['${workspaceFolder}/bin/foreshot', 'bin/foreshot', `~/${path.relative(os.homedir(), file)}`]) {
      const { command } = await findServer({ ...where, folders: [folder], settings: { ...where.settings, path: given } });
      assert.equal(path.normalize(command), file);
    }
  });

  it('says what to do when there is no Python, or none that is new enough', async () => {
    const settings = { ...where.settings, interpreter: fakePython(path.join(root, 'old/python'), '3.9') };
    process.env['PATH'] = path.join(root, 'nothing');
    await assert.rejects(findServer({ ...where, settings }), /Python 3\.11 or newer/);
    process.env['PATH'] = path.join(root, 'usr/bin');
  });
});
