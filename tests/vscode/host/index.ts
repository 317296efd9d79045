import Mocha from 'mocha';

/** Called by VS Code in the extension host: runs the suites of one kind of workspace; rejects when a test fails. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: 'spec', color: false, bail: false });
  mocha.suite.emit('pre-require', globalThis as never, '', mocha);
  switch (process.env['FORESHOT_SUITE']) {
    case 'multiroot':
      await import('./multiroot.test');
      break;
    case 'restricted':
      await import('./restricted.test');
      break;
    case 'elsewhere':
      await import('./elsewhere.test');
      break;
    default:
      await import('./reading.test');
      await import('./actions.test');
      await import('./commands.test');
      await import('./lifecycle.test');
  }
  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${String(failures)} tests failed`))));
  });
}
