import { createInterface } from 'node:readline';

/** The part of a log channel that lines of the server go to. */
export interface Log {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** A line that the server's logging wrote: when, how grave, who and what. */
const ENTRY = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/;

/**
 * What the server says on stderr, to the log: each entry as grave as it is, its further lines (a traceback) likewise.
 *
 * Debug messages go there as information: the setting `foreshot.logLevel` has decided on them already, and what the
 * channel takes by default begins at that.
 */
export function serverLog(input: NodeJS.ReadableStream, log: Log): void {
  // What comes before any entry is Python's own, and nothing good.
  let write = log.error.bind(log);
  createInterface({ input, crlfDelay: Infinity }).on('line', (line) => {
    const [, level, text] = ENTRY.exec(line) ?? [];
    if (level === undefined || text === undefined) {
      write(line);
      return;
    }
    write = (level === 'WARNING' ? log.warn : level === 'DEBUG' || level === 'INFO' ? log.info : log.error).bind(log);
    write(level === 'DEBUG' ? `debug: ${text}` : text);
  });
}
