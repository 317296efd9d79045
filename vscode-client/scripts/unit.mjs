// The tests that need no workbench: built into one file each, run by node.
import { spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(here, 'out/tests');
const names = (await readdir(path.join(here, 'tests'))).filter((name) => name.endsWith('.test.ts'));
await rm(out, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: names.map((name) => `tests/${name}`),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const files = names.map((name) => path.join(out, name.replace(/\.ts$/, '.mjs')));
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=dot', ...files], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, FORESHOT_CLIENT: here },
});
process.exit(status ?? 1);
