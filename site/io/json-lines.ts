/** Messages as lines of JSON over a local socket, bounded. */
import type { Socket } from 'node:net';

/** The longest line taken in; the lists of a thousand tickets fit. */
const LINE_MAX_BYTES = 16 << 20;

/** Calls back with each parsed line; a line that is too long or no JSON ends the connection. */
export function readJsonLines(socket: Socket, onValue: (value: unknown) => void): void {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8');
      rest = rest.subarray(end + 1);
      parts = [];
      sizeBytes = 0;
      const value = parsed(line);
      if (value === undefined) socket.destroy();
      else onValue(value);
    }
    parts.push(rest);
    sizeBytes += rest.length;
    if (sizeBytes > LINE_MAX_BYTES) socket.destroy();
  });
}

/** Sends one value as one line. */
export const writeJsonLine = (socket: Socket, value: unknown): void => {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
};

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
