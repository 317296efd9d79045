// What `look.mjs` promises to a person: a page behind a token, a project with findings, a copy, and nothing left at the end.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ROOT } from './tools.mjs';

const LOOK = fileURLToPath(new URL('look.mjs', import.meta.url));
const PATIENCE = 120_000;

/** Start it, look at its page, end it as Ctrl-C does; throws where it falls short. */
export async function runLook(browser, vsix, name) {
  const child = spawn(process.execPath, [LOOK, '--vscode', name, '--vsix', vsix], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const address = await said(child, /http:\/\/127\.0\.0\.1:\d+\/\S+/);
    const folder = new URL(address).searchParams.get('folder');
    assert.equal((await fetch(new URL('/', address))).status, 403, 'without the token there is no page');
    assert.ok(path.relative(ROOT, realpathSync(folder)).startsWith('..'), 'the project is a copy');
    assert.equal(git(folder, 'rev-parse', '--show-toplevel'), realpathSync(folder), 'with a repository of its own');
    assert.equal(git(folder, 'status', '--porcelain'), '');
    await findings(browser, address);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    assert.ok(!existsSync(path.dirname(folder)), 'everything is taken away');
    await assert.rejects(fetch(new URL('/', address)), 'nothing listens any more');
    assert.ok(!execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).includes(path.dirname(folder)), 'nothing runs any more');
    return true;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** The page shows the project in the workbench, with the extension at work in it. */
async function findings(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(address);
    assert.ok(!page.url().includes('tkn='), 'the token does not stay in the address');
    await page.locator('.tab.active', { hasText: '2025_05_12_sell_abroad.py' }).waitFor();
    await page.locator('.editor-instance .squiggly-error').first().waitFor();
  } finally {
    await context.close();
  }
}

function said(child, wanted) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
      const found = wanted.exec(text);
      if (found !== null && text.indexOf('\n', found.index) >= 0) resolve(found[0]);
    });
    child.once('exit', () => reject(new Error(`It ended before it had an address:\n${text}`)));
    setTimeout(() => reject(new Error(`It has no address yet:\n${text}`)), PATIENCE).unref();
  });
}

function git(folder, ...args) {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
}
