// Asks the members of a ring over TCP as the clients do, but from one process, so that what is
// measured is the daemon and not the start of a program.
import { openClientContext } from '../../core/cli/client-context.ts';
import { requestChange } from '../../core/cli/change-request.ts';
import { tcpDial } from '../../core/cli/tcp-dial.ts';
import { requestText } from '../../core/cli/text-request.ts';
import type { RingMember } from '../../core/config/model.ts';

export interface RingClient {
  /** Text of the list; rejects when there is no answer. */
  list(address: string): Promise<string>;
  /** Waits for the outcome; rejects when it is not success. */
  change(address: string, change: 'grant' | 'revoke', ticket: string): Promise<void>;
}

const ANSWER_MS = 10_000;
const OUTCOME_MS = 30_000;

/** Reads the ring's configuration and key. */
export async function openRingClient(configuration: string): Promise<RingClient> {
  const question = { config: configuration, self: null, mayMatchPrefix: true };
  const opened = await openClientContext(question);
  if (!opened.ok) throw new Error(opened.error.map(({ message }) => message).join('; '));
  const { config, key } = opened.value;
  const dial = tcpDial(key);
  const memberAt = (address: string): RingMember => {
    const member = config.members.find((each) => each.address.text === address);
    if (member === undefined) throw new Error(`${configuration} has no member ${address}`);
    return member;
  };
  return {
    list: async (address) => {
      const server = memberAt(address);
      const request = { command: 'list', from: server.id } as const;
      const report = await requestText(request, server, { dial, requestTimeoutMs: ANSWER_MS });
      if (!report.isDone) throw new Error(report.comment);
      return report.text;
    },
    change: async (address, change, ticket) => {
      const server = memberAt(address);
      const question = {
        change,
        ticket,
        server,
        options: { isImmediate: false, isWaiting: true, isWaitingForCommit: false },
        from: server.id,
        requestTimeoutMs: OUTCOME_MS,
      };
      const report = await requestChange(question, { config, dial }, () => undefined);
      if (report.exit !== 0) throw new Error(report.comment);
    },
  };
}
