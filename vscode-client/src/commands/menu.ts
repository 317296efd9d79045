import * as vscode from 'vscode';

interface Choice extends vscode.QuickPickItem {
  readonly run: () => Thenable<unknown>;
}

/** What the status item offers: the graph, what is reviewed, the log, another start. */
export async function statusMenu(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('foreshot');
  const all = settings.get('review') === 'all';
  const command = (name: string) => () => vscode.commands.executeCommand(name);
  const choices: Choice[] = [
    { label: '$(git-branch) Show the graph of migrations', run: command('foreshot.showGraph') },
    {
      label: all ? '$(eye) Review new revisions only' : '$(eye) Review all revisions, shipped ones too',
      detail: 'Shipped revisions are those that the base has: databases have run them.',
      run: () => settings.update('review', all ? 'new' : 'all', vscode.ConfigurationTarget.Workspace),
    },
    {
      label: '$(git-compare) Compare with another base…',
      detail: 'A branch, a tag or a commit, such as origin/main',
      run: () => vscode.commands.executeCommand('workbench.action.openWorkspaceSettings', 'foreshot.base'),
    },
    { label: '$(output) Show the log', run: command('foreshot.showLog') },
    { label: '$(debug-restart) Restart', run: command('foreshot.restart') },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: 'Foreshot' });
  await chosen?.run();
}
