// The licences of everything inside the .vsix that others wrote: npm packages in the bundles, Python packages of the server.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The list as Markdown: a table, then every licence's text. `bundled` is the folder of the server, which need not be there.
 * Throws for a package whose licence, or whose text of it, is not there: what is given away goes with its licence.
 */
export async function licences(here, bundled) {
  const found = [...(await npmPackages(here)), ...(await pythonPackages(bundled))];
  const lines = ['# Third-party licences', '', 'This extension contains these packages.', '', '| package | version | licence |', '|---|---|---|'];
  for (const { name, version, licence } of found) lines.push(`| ${name} | ${version} | ${licence} |`);
  for (const { name, text } of found) lines.push('', `## ${name}`, '', '```text', text.trim().replaceAll('```', "'''"), '```');
  return { packages: found, markdown: `${lines.join('\n')}\n` };
}

async function npmPackages(here) {
  const folders = JSON.parse(await readFile(path.join(here, 'out/packages.json'), 'utf8'));
  return Promise.all(
    folders.map(async (folder) => {
      const where = path.join(here, folder);
      const { name, version, license } = JSON.parse(await readFile(path.join(where, 'package.json'), 'utf8'));
      return known({ name, version, licence: license, text: await licenceText(where) });
    }),
  );
}

async function pythonPackages(bundled) {
  const libs = path.join(bundled, 'libs');
  const found = new Map();
  for (const part of await list(libs)) {
    for (const info of (await list(path.join(libs, part))).filter((name) => name.endsWith('.dist-info'))) {
      const where = path.join(libs, part, info);
      const metadata = await readFile(path.join(where, 'METADATA'), 'utf8');
      const field = (name) => new RegExp(`^${name}: (.+)$`, 'm').exec(metadata)?.[1];
      const classifier = /^Classifier: License :: OSI Approved :: (.+)$/m.exec(metadata)?.[1];
      const name = field('Name');
      const licence = field('License-Expression') ?? classifier ?? field('License');
      if (name !== 'foreshot') {
        found.set(name, known({ name, version: field('Version'), licence, text: await licenceText(where) }));
      }
    }
  }
  return [...found.values()];
}

function known(entry) {
  if (!entry.licence) throw new Error(`The licence of ${entry.name} is not told.`);
  if (entry.text === undefined) throw new Error(`${entry.name} brings no text of its licence.`);
  return entry;
}

async function licenceText(where) {
  const folders = [where, path.join(where, 'licenses'), path.join(where, 'licenses', 'LICENSES')];
  for (const folder of folders) {
    const file = (await list(folder)).find((name) => /^(licen[cs]e|copying)/i.test(name) && !/licenses$/i.test(name));
    if (file !== undefined) return readFile(path.join(folder, file), 'utf8');
  }
  return undefined;
}

async function list(folder) {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}
