#!/usr/bin/env node
// The real workbench: run.mjs [--vscode oldest|newest|both] [--only host|flows] [--suite NAME] [--runs N] [--vsix FILE] [--pictures] [--keep]
//
// Packages the extension (unless --vsix names one), then runs both layers against it with a fresh profile each time:
// mocha in the extension host, and flows by keyboard. --pictures keeps the README's pictures.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { runFlows } from './flows.mjs';
import { SUITES, buildSuites, runSuites } from './host.mjs';
import { CLIENT, VERSIONS, chromium, install } from './tools.mjs';
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
      if (options.only !== 'flows') {
        for (const kind of options.suite ? [options.suite] : Object.keys(SUITES)) await fresh(tools, `host: ${kind}`, (workbench) => runSuites(workbench, kind, index));
      }
      if (options.only !== 'host') await fresh(tools, 'flows', (workbench) => runFlows(workbench, { say, only: options.suite, pictures: options.pictures }));
    }
  }
} finally {
  await browser.close();
}
say(failed === 0 ? 'all passed' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function fresh(tools, what, test) {
  const workbench = await Workbench.create(tools, browser, vsix);
  let passed = false;
  try {
    passed = await test(workbench);
  } catch (error) {
    console.error(error);
  } finally {
    await workbench.end({ keep: options.keep && !passed });
  }
  if (!passed) failed += 1;
  say(`${passed ? 'ok' : 'FAILED'} ${what}${passed || !options.keep ? '' : `, kept ${workbench.root}`}`);
}

function packaged() {
  const { status } = spawnSync(process.execPath, [path.join(CLIENT, 'scripts/package.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
  return path.join(CLIENT, `foreshot-${process.platform}-${process.arch}.vsix`);
}
