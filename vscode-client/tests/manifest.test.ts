import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

const HERE = process.env['FORESHOT_CLIENT'] ?? '';

interface Manifest {
  icon: string;
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string }[];
    menus: Record<string, { command: string }[]>;
    configuration: { properties: Record<string, { description?: string; markdownDescription?: string }> };
    problemMatchers: { pattern: { regexp: string } }[];
    walkthroughs: { steps: { description: string; media: { markdown: string } }[] }[];
  };
}

const read = (name: string): string => readFileSync(path.join(HERE, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const sources = readdirSync(path.join(HERE, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(path.join('src', name)))
  .join('\n');

describe('the manifest', () => {
  const commands = manifest.contributes.commands.map(({ command }) => command);

  it('names commands that the sources register', () => {
    assert.deepEqual(commands.filter((name) => !sources.includes(`'${name}'`)), []);
  });

  it('has in its menus and its walkthrough only commands that it names', () => {
    const inMenus = Object.values(manifest.contributes.menus).flat().map(({ command }) => command);
    const inSteps = manifest.contributes.walkthroughs.flatMap(({ steps }) => steps).flatMap(({ description }) => description.match(/command:foreshot\.\w+/g) ?? []);
    for (const name of [...inMenus, ...inSteps.map((text) => text.slice('command:'.length))]) assert.ok(commands.includes(name), name);
  });

  it('uses in the steps of its walkthrough no markup but bold, which is all that is shown there', () => {
    for (const { description } of manifest.contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      assert.doesNotMatch(description.replaceAll(/\*\*[^*]+\*\*/g, ''), /[*`_]/);
    }
  });

  it('describes every setting', () => {
    for (const [name, setting] of Object.entries(manifest.contributes.configuration.properties)) {
      assert.ok(setting.description ?? setting.markdownDescription, name);
    }
  });

  it('restricts what could run something of a folder that is not trusted', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, 'limited');
    assert.deepEqual([...restrictedConfigurations].sort(), ['foreshot.args', 'foreshot.importStrategy', 'foreshot.interpreter', 'foreshot.path']);
  });

  it('points to files that are there', () => {
    const media = manifest.contributes.walkthroughs.flatMap(({ steps }) => steps.map((step) => step.media.markdown));
    const pictures = [...read('README.md').matchAll(/\]\((images\/[^)]+)\)/g)].map((match) => match[1] ?? '');
    const inSteps = media.flatMap((file) => [...read(file).matchAll(/\]\(([^)]+\.png)\)/g)].map((match) => path.join(path.dirname(file), match[1] ?? '')));
    // The page of an installed extension shows none of them; the walkthrough does.
    assert.deepEqual([...inSteps].sort(), [...pictures].sort());
    for (const file of [manifest.icon, ...media, ...pictures]) assert.ok(existsSync(path.join(HERE, file)), file);
  });

  it('reads the lines of `foreshot check --output-format concise`', () => {
    const pattern = new RegExp(manifest.contributes.problemMatchers[0]?.pattern.regexp ?? '');
    const line = 'migrations/versions/0002_index.py:18:5: warning[blocking-index] Creating the index: it blocks.';
    assert.deepEqual(pattern.exec(line)?.slice(1), ['migrations/versions/0002_index.py', '18', '5', 'warning', 'blocking-index', 'Creating the index: it blocks.']);
  });

  it('sends nothing anywhere', () => {
    assert.doesNotMatch(sources, /\bfetch\(|node:https?'|TelemetryLogger|createTelemetry/);
  });
});
