/**
 * How a ticket stands everywhere at one moment, a line a host: what its member knows and has
 * promised, what its cluster has stored and what runs there, all in true time. For a reader who
 * has just seen a promise broken; checkers do not look here.
 */
import type { Instant } from '../../core/base/instant.ts';
import type { TicketState } from '../../core/ticket/state.ts';
import { trueMsOf, type Host } from './engine/host.ts';
import type { Ring } from './engine/ring.ts';

/** A line a host for every ticket. */
export const standingLines = (ring: Ring): string[] =>
  ring.options.config.tickets.flatMap(({ name }) =>
    [...ring.hosts.values()].map((host) => {
      const member = memberText(ring, host, name);
      const site = host.cluster === null ? '' : `; ${siteText(host, name)}`;
      return `${secs(ring.time.nowMs()).padStart(8)} ${host.name} ${name.padEnd(4)} stands: ${member}${site}`;
    }),
  );

/** What the member has said, and until when that binds it; empty: nothing does. */
export function promiseText(ring: Ring, host: Host, ticket: string): string {
  const promise = stateOf(host, ticket)?.promise ?? null;
  if (promise === null) return '';
  return `promised to ${nameOfMember(ring, promise.to)} until ${at(host, promise.until)}`;
}

/** Until when the member may hold; empty: it has no lease. */
export function leaseText(host: Host, ticket: string): string {
  const lease = stateOf(host, ticket)?.lease ?? null;
  return lease === null ? '' : `lease until ${at(host, lease.until)}`;
}

export function nameOfMember(ring: Ring, id: number | null): string {
  if (id === null) return 'nobody';
  for (const { name, member } of ring.hosts.values()) if (member.id === id) return name;
  return String(id);
}

/** A moment of the host's boot clock in true seconds. */
export const at = (host: Host, instant: Instant): string => secs(trueMsOf(host, instant));

const stateOf = (host: Host, ticket: string): TicketState | undefined =>
  host.running?.member.tickets.get(ticket)?.state;

const secs = (ms: number): string => (ms / 1000).toFixed(3);

function memberText(ring: Ring, host: Host, ticket: string): string {
  if (!host.isUp) return 'no daemon';
  const state = stateOf(host, ticket);
  if (state === undefined) return 'its daemon is starting';
  const { role, term, vote, abstainUntil } = state;
  const votes =
    vote === null
      ? 'no vote'
      : `vote of term ${String(vote.term)} ${vote.candidate === null ? 'forgotten' : `for ${nameOfMember(ring, vote.candidate)}`}`;
  return [
    `${role} in term ${String(term)}`,
    votes,
    leaseText(host, ticket) || 'no lease',
    promiseText(ring, host, ticket) || 'no promise',
    ...(abstainUntil === null ? [] : [`does not vote until ${at(host, abstainUntil)}`]),
    ...(host.paused === null ? [] : ['process stopped']),
  ].join(', ');
}

function siteText({ cluster }: Host, ticket: string): string {
  const isGranted = cluster?.stored.get(ticket)?.granted === true;
  const untilMs = cluster?.resources.guardedUntilMs(ticket) ?? null;
  const guard = isGranted && untilMs !== null ? ` until ${secs(untilMs)}` : '';
  const state = cluster?.resources.state(ticket) ?? 'stopped';
  return `cluster ${isGranted ? 'granted' : 'revoked'}${guard}, resources ${state}`;
}
