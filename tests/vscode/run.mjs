#!/usr/bin/env node
// The real workbench: run.mjs [--vscode oldest|newest|both] [--only host|flows|look] [--suite NAME] [--runs N] [--vsix FILE] [--pictures] [--keep]
//
// Packages the extension (unless --vsix names one), then runs both layers against it with a fresh profile each time:
// mocha in the extension host, and flows by keyboard. After them, what look.mjs shows to a person. --pictures keeps the
// README's pictures.
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { runFlows } from './flows.mjs';
import { SUITES, buildSuites, runSuites } from './host.mjs';
import { runLook } from './looking.mjs';
import { CLIENT, VERSIONS, chromium, install, packaged } from './tools.mjs';
import { Workbench } from './workbench.mjs';

const { values: options } = parseArgs({
  options: {
    vscode: { type: 'string', default: 'both' },
    only: { type: 'string' },
    suite: { type: 'string' },
    runs: { type: 'string', default: '1' },
    vsix: { type: 'string' },
    pictures: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const LAYERS = ['host', 'flows', 'look'];
if (options.only !== undefined && !LAYERS.includes(options.only)) throw new Error(`--only takes one of ${LAYERS.join(', ')}.`);
const wanted = (layer) => (options.only ?? layer) === layer;
const started = Date.now();
const say = (...words) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)}s`, ...words);

const vsix = path.resolve(options.vsix ?? packaged());
const index = await buildSuites();
const { chromium: engine } = createRequire(path.join(CLIENT, 'package.json'))('playwright-core');
const browser = await engine.launch({
  executablePath: chromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let failed = 0;
try {
  for (let run = 1; run <= Number(options.runs); run++) {
    for (const name of options.vscode === 'both' ? Object.keys(VERSIONS) : [options.vscode]) {
      const tools = await install(name);
      say(`VS Code ${tools.version}, run ${run} of ${options.runs}`);
      if (wanted('host')) {
        for (const kind of options.suite ? [options.suite] : Object.keys(SUITES)) await fresh(tools, `host: ${kind}`, (workbench) => runSuites(workbench, kind, index));
      }
      if (wanted('flows')) await fresh(tools, 'flows', (workbench) => runFlows(workbench, { say, only: options.suite, pictures: options.pictures }));
      if (wanted('look') && options.suite === undefined) await judge('look', () => runLook(browser, vsix, name));
    }
  }
} finally {
  await browser.close();
}
say(failed === 0 ? 'all passed' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function fresh(tools, what, test) {
  const workbench = await Workbench.create(tools, browser, vsix);
  const passed = await judge(what, () => test(workbench));
  const keep = options.keep && !passed;
  await workbench.end({ keep });
  if (keep) say(`kept ${workbench.root}`);
}

async function judge(what, test) {
  let passed = false;
  try {
    passed = await test();
  } catch (error) {
    console.error(error);
  }
  if (!passed) failed += 1;
  say(`${passed ? 'ok' : 'FAILED'} ${what}`);
  return passed;
}
