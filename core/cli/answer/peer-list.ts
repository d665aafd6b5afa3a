/** Reads the text a member answers to `peers` (booth-protocol 5.2): blocks of three lines. */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { MemberRole } from '../../base/role.ts';
import { linesOf, unexpectedLine } from './ticket-list.ts';

export interface ListedPeer {
  readonly role: MemberRole;
  readonly address: string;
  /** `YYYY-MM-DD HH:MM:SS` in the answering member's local time; the epoch when never heard. */
  readonly lastReceived: string;
  readonly sent: { readonly packets: number; readonly errors: number; readonly resends: number };
  readonly received: {
    readonly packets: number;
    readonly errors: number;
    readonly authenticationFailures: number;
    readonly invalid: number;
  };
}

const headLine =
  /^(site|arbitrator) +([!-~]{1,63}), last recv: (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})$/;
const sentLine = /^\tSent pkts:(\d+) error:(\d+) resends:(\d+)$/;
const receivedLine = /^\tRecv pkts:(\d+) error:(\d+) authfail:(\d+) invalid:(\d+)$/;

/** All blocks or none: a line of another form is a problem that names it. */
export function parsePeerList(text: string): Result<readonly ListedPeer[], Problem> {
  const lines = linesOf(text);
  const peers: ListedPeer[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at] === '') {
      at += 1;
      continue;
    }
    const block = lines.slice(at, at + 3);
    const patterns = [headLine, sentLine, receivedLine];
    const found = patterns.map((pattern, index) => pattern.exec(block[index] ?? ''));
    const wrong = found.indexOf(null);
    if (wrong >= 0) return err(unexpectedLine('peers', at + wrong, block[wrong] ?? ''));
    peers.push(peerOf(found.map((match) => [...(match ?? [])].slice(1))));
    at += 3;
  }
  return ok(peers);
}

function peerOf(fields: readonly (readonly string[])[]): ListedPeer {
  const [head = [], sent = [], received = []] = fields;
  const count = (of: readonly string[], index: number): number => Number(of[index] ?? 0);
  return {
    role: head[0] === 'site' ? 'site' : 'arbitrator',
    address: head[1] ?? '',
    lastReceived: head[2] ?? '',
    sent: { packets: count(sent, 0), errors: count(sent, 1), resends: count(sent, 2) },
    received: {
      packets: count(received, 0),
      errors: count(received, 1),
      authenticationFailures: count(received, 2),
      invalid: count(received, 3),
    },
  };
}
