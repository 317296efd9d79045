import * as vscode from 'vscode';

/** Settings of the extension itself; all others are the server's and go to it as they are. */
const CLIENT_KEYS = ['enable', 'path', 'args', 'interpreter', 'importStrategy', 'codeLens', 'trace'] as const;

/** Changing one of these starts another server process. */
export const RESTART_KEYS = ['enable', 'path', 'args', 'interpreter', 'importStrategy'].map((key) => `foreshot.${key}`);

export interface ClientSettings {
  readonly enable: boolean;
  /** A `foreshot` executable to start instead of looking for one. */
  readonly path: string;
  /** Further arguments for the server. */
  readonly args: readonly string[];
  /** A Python to run the server with, and Alembic in the terminal. */
  readonly interpreter: string;
  readonly importStrategy: 'fromEnvironment' | 'useBundled';
}

/** The extension's settings, as they are for a folder where one is given. */
export function clientSettings(folder?: vscode.WorkspaceFolder): ClientSettings {
  // VS Code gives what stands in the file, of whatever type.
  const values = vscode.workspace.getConfiguration('foreshot', folder);
  const text = (key: string): string => {
    const value = values.get<unknown>(key);
    return typeof value === 'string' ? value.trim() : '';
  };
  const args = values.get<unknown>('args');
  return {
    enable: values.get<unknown>('enable') !== false,
    path: text('path'),
    args: Array.isArray(args) ? args.filter((value) => typeof value === 'string') : [],
    interpreter: text('interpreter'),
    importStrategy: text('importStrategy') === 'useBundled' ? 'useBundled' : 'fromEnvironment',
  };
}

/**
 * The server's settings that somebody has set, under their camelCase names. What nobody set is left to the
 * configuration file of each project: a default sent from here would win over it.
 */
export function serverSettings(manifest: unknown): Record<string, unknown> {
  const found = serverKeys(manifest).map((key) => [key, givenSetting(key)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as Record<string, unknown>;
}

/** A setting that somebody has set; VS Code makes up a default for any other, by its type. */
export function givenSetting(key: string): unknown {
  const configuration = vscode.workspace.getConfiguration('foreshot');
  const found = configuration.inspect(key);
  const levels = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
  return levels.some((value) => value !== undefined) ? configuration.get(key) : undefined;
}

/** The names of the server's settings, as the extension's manifest declares them. */
export function serverKeys(manifest: unknown): string[] {
  const properties = (manifest as Manifest).contributes.configuration.properties;
  const own: readonly string[] = CLIENT_KEYS;
  return Object.keys(properties)
    .map((name) => name.slice('foreshot.'.length))
    .filter((name) => !own.includes(name.split('.')[0] ?? name));
}

interface Manifest {
  contributes: { configuration: { properties: Record<string, unknown> } };
}
