#!/usr/bin/env node
// How fast it is in the real workbench: measure.mjs PROJECT [LARGE_PROJECT] [--vscode newest] [--vsix FILE]
//
// PROJECT may be `-`: then only the graph of LARGE_PROJECT is measured. Prints one JSON object: keystroke to squiggle (20 samples), activation to the first squiggle (with cold and with warm
// caches), what an idle server costs, and how evenly the graph of LARGE_PROJECT scrolls.
import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Keyboard } from './keyboard.mjs';
import { copyProject } from './project.mjs';
import { CLIENT, chromium, install } from './tools.mjs';
import { Workbench, sleep } from './workbench.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { vscode: { type: 'string', default: 'newest' }, vsix: { type: 'string' } },
});
const [project, large] = positionals;
const vsix = path.resolve(values.vsix ?? path.join(CLIENT, `foreshot-${process.platform}-${process.arch}.vsix`));
const { chromium: engine } = createRequire(path.join(CLIENT, 'package.json'))('playwright-core');
const browser = await engine.launch({ executablePath: chromium(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
const tools = await install(values.vscode);
const workbench = await Workbench.create(tools, browser, vsix);
try {
  const result = { vscode: tools.version };
  if (project !== '-') {
    const folder = await copyProject(project, path.join(workbench.root, 'measured'));
    result.activationCold = await activation(folder);
    result.activationWarm = await activation(folder);
    Object.assign(result, await editing(folder));
  }
  if (large) result.graph = await scrolling(await copyProject(large, path.join(workbench.root, 'large')));
  console.log(JSON.stringify(result, undefined, 2));
} finally {
  await workbench.end();
  await browser.close();
}

/** Milliseconds from the activation to the first findings, as the extension tells in its debug information. */
async function activation(folder) {
  return inWindow(folder, await revisionWithFinding(folder), async (page) => {
    await page.locator('.editor-instance [class*="squiggly-"]').first().waitFor({ timeout: 60_000 });
    await new Keyboard(page).command('Foreshot: Copy Debug Information');
    await page.locator('.statusbar-item', { hasText: 'debug information copied' }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    return Number(/First findings: after (\d+) ms/.exec(text)?.[1]);
  });
}

async function editing(folder) {
  return inWindow(folder, await revisionWithFinding(folder), async (page) => {
    const keyboard = new Keyboard(page);
    await page.locator('.editor-instance [class*="squiggly-"]').first().waitFor({ timeout: 60_000 });
    await sleep(4000);
    await keyboard.keys.press('Control+End');
    await keyboard.keys.type('\n');
    await sleep(2000);
    const samples = [];
    const before = await squiggles(page);
    for (let i = 0; i < 20; i++) {
      // Of `def f(` only the last key makes the error, and taking it back makes it go.
      await keyboard.keys.type('x = 1');
      // What the halves of it were found to be has to go first.
      await page.waitForFunction((count) => document.querySelectorAll('.editor-instance .squiggly-error').length === count, before);
      await sleep(300);
      const waited = page.evaluate(
        (count) =>
          new Promise((resolve) => {
            const errors = () => document.querySelectorAll('.editor-instance .squiggly-error').length;
            let pressed;
            document.addEventListener('keydown', () => (pressed = performance.now()), { once: true, capture: true });
            const watch = () => (errors() !== count ? resolve(performance.now() - pressed) : requestAnimationFrame(watch));
            watch();
          }),
        before,
      );
      await keyboard.keys.press(')');
      samples.push(Math.round(await waited));
      await keyboard.keys.press('Backspace');
      for (let j = 0; j < 5; j++) await keyboard.keys.press('Backspace');
      await page.waitForFunction((count) => document.querySelectorAll('.editor-instance .squiggly-error').length <= count, before);
    }
    samples.sort((one, other) => one - other);
    const keystrokeToSquiggle = { samples, median: (samples[9] + samples[10]) / 2 };
    await sleep(5000);
    return { keystrokeToSquiggle, idleServerMillisecondsOfCpuIn20s: await idle() };
  });
}

/** How evenly the graph scrolls: times between frames while it goes from end to end. */
async function scrolling(folder) {
  return inWindow(folder, await revisionWithFinding(folder), async (page) => {
    const keyboard = new Keyboard(page);
    await page.locator('.editor-instance [class*="squiggly-"]').first().waitFor({ timeout: 120_000 });
    const asked = Date.now();
    await keyboard.command('Foreshot: Show Graph');
    const graph = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame').locator('main[data-rows]');
    await graph.waitFor({ timeout: 240_000 });
    const shownAfter = Date.now() - asked;
    const frames = await graph.evaluate(async (main) => {
      const times = [];
      let last = performance.now();
      const step = main.scrollHeight / 300;
      for (let i = 0; i < 300; i++) {
        main.scrollTop += step;
        const now = await new Promise(requestAnimationFrame);
        times.push(now - last);
        last = now;
      }
      return times.slice(1).sort((one, other) => one - other);
    });
    const at = (part) => Math.round(frames[Math.floor((frames.length - 1) * part)]);
    const elements = await graph.locator('.row').count();
    return { rows: Number(await graph.getAttribute('data-rows')), shownAfter, rowsInPage: elements, frame: { median: at(0.5), p95: at(0.95), worst: at(1) } };
  });
}

async function inWindow(folder, file, work) {
  const server = await workbench.serve();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: `http://${server.host}` });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(workbench.address(server.host, folder, { file }));
    return await work(page);
  } finally {
    await context.close();
    await server.stop();
  }
}

function squiggles(page) {
  return page.locator('.editor-instance .squiggly-error').count();
}

/** A short revision with a warning on the first screen, and none of the findings that are errors. */
async function revisionWithFinding(folder) {
  const versions = path.join(folder, 'migrations/versions');
  for (const name of (await readdir(versions)).sort()) {
    const lines = name.endsWith('.py') ? (await readFile(path.join(versions, name), 'utf8')).split('\n') : [];
    const early = lines.slice(0, 34).some((line) => line.includes('op.create_index('));
    const upgrade = lines.join('\n').split('def downgrade')[0];
    if (early && lines.length < 120 && !/drop_(column|table)/.test(upgrade)) return path.join(versions, name);
  }
  throw new Error(`No revision of ${folder} will do.`);
}

/** Milliseconds of processor time that the server takes in twenty seconds in which nothing happens. */
async function idle() {
  const pids = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(workbench.root) && /launch\.py server/.test(line));
  const ticks = async () => {
    const fields = (await readFile(`/proc/${pids[0].trim().split(' ')[0]}/stat`, 'utf8')).split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = await ticks();
  await sleep(20_000);
  return ((await ticks()) - before) * 10;
}
