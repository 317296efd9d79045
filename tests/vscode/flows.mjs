// The second layer: what a person does, by keyboard, in the workbench.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { FLOWS } from './flows/index.mjs';
import { Keyboard } from './keyboard.mjs';
import { CLIENT } from './tools.mjs';
import { writeProject } from './project.mjs';

const PATIENCE = 30_000;

/** Run the flows one after the other, each with its own window and project; returns whether all passed. */
export async function runFlows(workbench, { say, only, pictures }) {
  const shots = path.join(CLIENT, '.workbench/pictures', workbench.tools.name);
  await mkdir(shots, { recursive: true });
  const servers = new Map();
  let passed = true;
  for (const flow of FLOWS.filter(({ name }) => only === undefined || name === only)) {
    const restricted = flow.restricted ?? false;
    if (!servers.has(restricted)) servers.set(restricted, await workbench.serve({ restricted }));
    passed = (await runFlow(workbench, servers.get(restricted), flow, { say, shots, pictures })) && passed;
  }
  return passed;
}

async function runFlow(workbench, server, flow, { say, shots, pictures }) {
  const folder = path.join(workbench.root, flow.name, 'shop');
  await (flow.project ?? writeProject)(folder);
  const context = await workbench.browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const picture = async (name) => {
    await page.screenshot({ path: path.join(shots, `${flow.name}-${name}.png`) });
    if (pictures && flow.pictures?.includes(name)) await page.screenshot({ path: path.join(CLIENT, 'images', `${name}.png`) });
  };
  try {
    await page.goto(workbench.address(server.host, folder, { file: flow.file && path.join(folder, flow.file) }));
    await page.locator('.monaco-workbench').waitFor();
    await flow.run({ page, folder, keyboard: new Keyboard(page), picture, say });
    say(`  ok flow: ${flow.name}`);
    return true;
  } catch (error) {
    await picture('failed');
    say(`  FAILED flow: ${flow.name}: ${String(error.message).slice(0, 600)}`);
    return false;
  } finally {
    await context.close();
  }
}
