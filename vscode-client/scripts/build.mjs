// Builds out/: the extension, the graph's page and its style.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const common = { absWorkingDir: here, bundle: true, minify: true, sourcemap: false, logLevel: 'warning', metafile: true };

const inputs = [];

/** `import source from 'worker:./x'` gives the built text of x. */
const workers = {
  name: 'workers',
  setup(setup) {
    setup.onResolve({ filter: /^worker:/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, `${name.slice('worker:'.length)}.ts`),
      namespace: 'worker',
    }));
    setup.onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path: file }) => {
      const result = await build({ ...common, entryPoints: [file], format: 'iife', target: 'es2022', write: false });
      inputs.push(...Object.keys(result.metafile.inputs));
      return { contents: result.outputFiles[0].text, loader: 'text' };
    });
  },
};

await mkdir(path.join(here, 'out/webview'), { recursive: true });
const extension = await build({
  ...common,
  entryPoints: ['src/extension.ts'],
  outfile: 'out/extension.js',
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
});
const page = await build({
  ...common,
  entryPoints: ['webview/graph.ts'],
  outfile: 'out/webview/graph.js',
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  plugins: [workers],
});
await copyFile(path.join(here, 'webview/graph.css'), path.join(here, 'out/webview/graph.css'));

// What of node_modules is inside, for the list of licences.
for (const { metafile } of [extension, page]) inputs.push(...Object.keys(metafile.inputs));
const folders = new Set(inputs.flatMap((input) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
await writeFile(path.join(here, 'out/packages.json'), JSON.stringify([...folders].sort()));
