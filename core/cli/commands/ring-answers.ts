/** What the member of this host answers to an operator who wants to know how the ring is. */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { RingConfig, RingMember } from '../../config/model.ts';
import type { ClientSettings } from '../arguments/client-settings.ts';
import { clientId, openClientContext } from '../client-context.ts';
import { inspectDaemon, type DaemonState } from '../daemon-status.ts';
import { tcpDial } from '../tcp-dial.ts';
import { requestText } from '../text-request.ts';

export interface RingAnswers {
  readonly config: RingConfig;
  readonly server: RingMember;
  /** Texts as booth prints them. */
  readonly list: string;
  readonly peers: string;
  readonly daemon: DaemonState;
}

/** Asks for tickets and peers at once, and looks at the lock file; all of it or a reason. */
export async function askRing(
  client: ClientSettings,
): Promise<Result<RingAnswers, readonly Problem[]>> {
  const opened = await openClientContext({ ...client, mayMatchPrefix: true });
  if (!opened.ok) return opened;
  const { config, key, listenAddress } = opened.value;
  // These commands ask the own member only: there is no -s to name another.
  const server = opened.value.self;
  if (!server.ok) return err([server.error]);
  const from = clientId(opened.value);
  if (!from.ok) return err([from.error]);
  const ways = { dial: tcpDial(key), requestTimeoutMs: client.requestTimeoutMs };
  const [list, peers, daemon] = await Promise.all([
    requestText({ command: 'list', from: from.value }, server.value, ways),
    requestText({ command: 'peers', from: from.value }, server.value, ways),
    inspectDaemon({ config, told: client.self, listenAddress, lockFile: null }),
  ]);
  if (!list.isDone) return err([problem('booth-list', `cannot list tickets: ${list.comment}`)]);
  if (!peers.isDone) return err([problem('booth-peers', `cannot list peers: ${peers.comment}`)]);
  return ok({ config, server: server.value, list: list.text, peers: peers.text, daemon });
}
