/**
 * What leaves a member binds it: terms never go back (R11), one vote a term, to follow
 * a leader being one (R4), no term out of the blue (R11), heartbeats only in the own name, nobody
 * but a site helped into office, and no vote request without its reason.
 */
import type { RingMessage } from '../../../core/wire/message.ts';
import type { CheckerKind } from './checker.ts';

/** Messages that bind their sender; the others only tell, perhaps what no disk has taken yet. */
const BINDING: ReadonlySet<string> = new Set([
  'req-vote',
  'vote-for',
  'heartbeat',
  'ack',
  'update',
]);

/** A quarter of the 32-bit space; no run comes near it by counting. */
const WILD_JUMP = 2 ** 30;

interface Vote {
  readonly candidate: number;
  readonly atMs: number;
}

export const termsAndVotes: CheckerKind = {
  name: 'terms-and-votes',
  create: ({ plan, nowMs, hosts, report }) => {
    const sites = new Set(hosts.filter(({ isSite }) => isSite).map(({ memberId }) => memberId));
    const terms = new Map<string, number>();
    const votes = new Map<string, Vote>();
    const nameOf = (id: number): string =>
      hosts.find(({ memberId }) => memberId === id)?.name ?? String(id);
    const manual = new Set(plan.tickets.filter(({ mode }) => mode === 'manual').map((t) => t.name));
    const noteVote = (host: string, { ticket, term }: RingMessage, candidate: number): void => {
      const key = `${host} ${ticket} ${String(term)}`;
      const before = votes.get(key);
      if (before !== undefined && before.candidate !== candidate)
        report(
          `${host} votes twice in term ${String(term)} of ${ticket}: now for ${nameOf(candidate)}, ` +
            `at ${(before.atMs / 1000).toFixed(3)} for ${nameOf(before.candidate)}`,
        );
      votes.set(key, { candidate, atMs: nowMs() });
    };
    /** Who followed a leader of a term has given its vote in it; the other way round it may follow. */
    const noteAck = (host: string, { ticket, term }: RingMessage, leader: number): void => {
      const key = `${host} ${ticket} ${String(term)}`;
      if (!votes.has(key)) votes.set(key, { candidate: leader, atMs: nowMs() });
    };
    const noteTerm = (host: string, { ticket, term, command }: RingMessage): void => {
      const key = `${host} ${ticket}`;
      const before = terms.get(key) ?? 0;
      if (term < before)
        report(
          `${host} goes back from term ${String(before)} to ${String(term)} of ${ticket} with ${command}`,
        );
      if (term - before > WILD_JUMP)
        report(`${host} jumps from term ${String(before)} to ${String(term)} of ${ticket}`);
      terms.set(key, Math.max(term, before));
    };
    /** What is wrong with the message by itself. */
    const judgeForm = (host: string, { command, leader, from, reason }: RingMessage): void => {
      if (BINDING.has(command) && leader !== null && !sites.has(leader))
        report(`${host} sends ${command} for a member that is no site`);
      if ((command === 'heartbeat' || command === 'update') && leader !== from)
        report(`${host} sends ${command} in another's name`);
      if (command === 'req-vote' && reason === 'none')
        report(`${host} asks for votes without a reason`);
    };
    const judge = (host: string, message: RingMessage): void => {
      const { command, leader, from, request, ticket } = message;
      if (manual.has(ticket)) return;
      if (BINDING.has(command)) noteTerm(host, message);
      judgeForm(host, message);
      if (command === 'req-vote') noteVote(host, message, from);
      if (command === 'vote-for' && leader !== null && request === 'req-vote')
        noteVote(host, message, leader);
      if (command === 'ack' && leader !== null && request !== 'revoke')
        noteAck(host, message, leader);
    };
    return {
      observe: (seen) => {
        if (seen.kind === 'sent') judge(seen.host, seen.message);
        if (seen.kind !== 'forgot') return;
        for (const key of [...terms.keys()]) if (key.startsWith(`${seen.host} `)) terms.delete(key);
        for (const key of [...votes.keys()]) if (key.startsWith(`${seen.host} `)) votes.delete(key);
      },
    };
  },
};
