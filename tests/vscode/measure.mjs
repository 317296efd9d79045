#!/usr/bin/env node
// How fast it is in the real workbench: measure.mjs PROJECT [LARGE_PROJECT] [--vscode newest] [--vsix FILE]
//
// Prints one JSON object: activation to the first findings (in a fresh profile, and again), keystroke to squiggle (20 samples),
// what thirty idle seconds cost, how the graph of LARGE_PROJECT comes, and how evenly it goes. `-` as PROJECT measures the graph alone.
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
  if (large) result.graph = await graphOf(await copyProject(large, path.join(workbench.root, 'large')));
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
    await keyboard.keys.press('Control+1');
    await keyboard.keys.press('Control+End');
    await keyboard.keys.type('\n');
    const samples = [];
    for (let i = 0; i < 20; i++) {
      // Only the last key makes the error, and taking it back makes it go.
      await keyboard.keys.type('x = 1');
      await page.evaluate(settled);
      // Its promise is kept in the page: keys may overtake an evaluation that is still on its way.
      const change = await page.evaluateHandle(nextChange);
      await keyboard.keys.press(')');
      samples.push(Math.round(await change.evaluate(({ seen }) => seen)));
      for (let j = 0; j < 6; j++) await keyboard.keys.press('Backspace');
      await page.evaluate(settled);
    }
    samples.sort((one, other) => one - other);
    const keystrokeToSquiggle = { samples, median: (samples[9] + samples[10]) / 2 };
    await sleep(5000);
    return { keystrokeToSquiggle, idleMillisecondsOfCpuIn30s: await idle() };
  });
}

/** How the graph comes, and how evenly it goes: times between frames while somebody scrolls from end to end, zooms, and searches. */
async function graphOf(folder) {
  return inWindow(folder, await revisionWithFinding(folder), async (page) => {
    const keyboard = new Keyboard(page);
    const opened = Date.now();
    await page.locator('.editor-instance [class*="squiggly-"]').first().waitFor({ timeout: 240_000 });
    const firstFindings = Date.now() - opened;
    const shown = async () => {
      const asked = Date.now();
      await keyboard.command('Foreshot: Show Graph');
      const graph = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame').locator('main[data-rows]:not([data-rows="0"])');
      await graph.waitFor({ timeout: 240_000 });
      return { graph, took: Date.now() - asked };
    };
    // The first time the whole history is still being read; the second time it is known.
    const first = await shown();
    await sleep(5000);
    await keyboard.keys.press('Control+w');
    await first.graph.waitFor({ state: 'detached' });
    const { graph, took } = await shown();
    await sleep(2000);
    const rows = Number(await graph.getAttribute('data-rows'));
    const scroll = summary(await graph.evaluate(frames, 'scroll'));
    const zoom = summary(await graph.evaluate(frames, 'zoom'));
    const search = summary(await graph.evaluate(frames, 'search'));
    const rowsInPage = await graph.locator('.row').count();
    return { rows, firstFindings, shownWhileReading: first.took, shownWhenKnown: took, rowsInPage, scroll, zoom, search };
  });
}

/** In the graph's page: milliseconds between frames, and of our own work in each. */
async function frames(main, what) {
  const field = document.getElementById('search');
  const words = ['a', 'ad', 'add', 'add ', 'add i', 'add in', 'add ind', 'add inde', 'add index', ''];
  const middle = main.getBoundingClientRect();
  const step = main.scrollHeight / 300;
  const acts = {
    scroll: () => (main.scrollTop += step),
    zoom: (i) => main.dispatchEvent(new WheelEvent('wheel', { ctrlKey: true, deltaY: i % 20 < 10 ? 1 : -1, clientX: middle.x, clientY: middle.y, cancelable: true })),
    search: (i) => {
      field.value = words[i % words.length];
      field.dispatchEvent(new InputEvent('input'));
    },
  };
  main.scrollTop = what === 'scroll' ? 0 : main.scrollHeight / 2;
  await new Promise((resolve) => setTimeout(resolve, 500));
  const between = [];
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < 300; i++) {
    acts[what](i);
    const now = await new Promise(requestAnimationFrame);
    between.push(now - last);
    last = now;
  }
  return between;
}

function summary(times) {
  times.sort((one, other) => one - other);
  const at = (part) => Math.round(times[Math.floor((times.length - 1) * part)] * 10) / 10;
  return { frames: times.length, median: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1) };
}

/** In the workbench: wait until no error has come or gone for most of a second. */
function settled() {
  return new Promise((resolve) => {
    const errors = () => [...document.querySelectorAll('.editor-instance .squiggly-error')].map((one) => `${one.parentElement.style.top} ${one.style.left}`).join();
    let since = performance.now();
    let before = errors();
    const watch = () => {
      const now = errors();
      if (now !== before) since = performance.now();
      before = now;
      if (performance.now() - since > 700) resolve();
      else requestAnimationFrame(watch);
    };
    watch();
  });
}

/** In the workbench: milliseconds from the next key to the frame that shows other errors. */
function nextChange() {
  const errors = () => [...document.querySelectorAll('.editor-instance .squiggly-error')].map((one) => `${one.parentElement.style.top} ${one.style.left}`).join();
  const seen = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('Nothing changed within half a minute.')), 30_000);
    const before = errors();
    const pressed = () => {
      const start = performance.now();
      const watch = () => (errors() !== before ? resolve(performance.now() - start) : requestAnimationFrame(watch));
      watch();
    };
    document.addEventListener('keydown', pressed, { once: true, capture: true });
  });
  return { seen };
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

/** Milliseconds of processor time that thirty seconds cost in which nothing happens: the server's, and those of VS Code's extension host. */
async function idle() {
  const found = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .find((line) => line.includes(workbench.root) && /launch\.py server/.test(line));
  const [server, extensionHost] = found.trim().split(/\s+/);
  const used = async (pid) => {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const before = [await used(server), await used(extensionHost)];
  await sleep(30_000);
  return { server: (await used(server)) - before[0], extensionHost: (await used(extensionHost)) - before[1] };
}
