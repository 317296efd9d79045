import * as vscode from 'vscode';

// A terminal is gone with its process, and what Alembic said with it. So a Python stands before Alembic that shows what
// it runs, leaves Ctrl-C to it, and waits for the person at the end. No shell is between them: nothing needs quoting.
const STAY = `
import shlex, signal, subprocess, sys
command = [sys.executable, "-m", "alembic", *sys.argv[1:]]
print("$", shlex.join(command), flush=True)
signal.signal(signal.SIGINT, lambda *_: None)
code = subprocess.call(command)
said = "Alembic is done." if code == 0 else f"Alembic failed, with exit status {code}."
try:
    input(f"\\n{said} Enter closes this terminal. ")
except EOFError:
    pass
`;

/** Run the Alembic of an interpreter in a terminal of its own, which stays until the person has read it. */
export function runAlembic(python: string, cwd: string, args: readonly string[]): void {
  const terminal = vscode.window.createTerminal({
    name: `alembic ${args[0] ?? ''}`,
    cwd,
    shellPath: python,
    shellArgs: ['-I', '-c', STAY, ...args],
    isTransient: true,
  });
  terminal.show();
}
