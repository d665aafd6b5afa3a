/** The texts of `list` and `peers`, byte for byte as booth prints them (booth-protocol 5.1, 5.2). */
import type { Instant } from '../base/instant.ts';
import { msBetween } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { RingMember, TicketConfig } from '../config/model.ts';
import type { TicketState } from '../ticket/state.ts';
import { liveHolder } from '../ticket/state.ts';
import type { Peer } from './peer.ts';
import { refusalCounts } from './peer.ts';

export interface ListView {
  readonly now: Instant;
  readonly epochMs: number;
  readonly self: MemberId;
  readonly members: readonly RingMember[];
  /** `YYYY-MM-DD HH:MM:SS` in this host's local time. */
  readonly formatTime: (epochMs: number) => string;
}

export interface ListedTicket {
  readonly config: TicketConfig;
  readonly state: TicketState;
}

/** A line a ticket, then a warning for each manual one that several sites claim. */
export function listText(tickets: readonly ListedTicket[], view: ListView): string {
  const lines = tickets.map((ticket) => ticketLine(ticket, view));
  const warnings = tickets
    .filter(({ config, state }) => config.mode === 'manual' && state.claims.length > 1)
    .map((ticket) => doubleGrantWarning(ticket, view));
  return [...lines, ...warnings].map((line) => `${line}\n`).join('');
}

/** A block of three lines a peer. */
export function peersText(peers: readonly Peer[], view: ListView): string {
  return peers.map((peer) => peerBlock(peer, view)).join('');
}

function ticketLine({ config, state }: ListedTicket, view: ListView): string {
  const isManual = config.mode === 'manual';
  const leader = isManual ? manualLeader(state) : shownLeader(state, view);
  const mode = isManual ? ' [manual mode]' : '';
  const head = `ticket: ${config.name}, leader: `;
  if (leader === null) return `${head}${state.holder.kind === 'nobody' ? 'none' : 'NONE'}${mode}`;
  const expires = isManual ? 'INF' : leaseEndText(state, view);
  return `${head}${addressOf(leader, view)}, expires: ${expires}${pendingText(state, view)}${mode}`;
}

/** A leader whose first quorum is still out is shown, as booth shows it. */
function shownLeader(state: TicketState, view: ListView): MemberId | null {
  return state.role === 'leader' ? view.self : liveHolder(state, view.now);
}

const manualLeader = ({ holder }: TicketState): MemberId | null =>
  holder.kind === 'member' && !holder.isReleased ? holder.id : null;

function leaseEndText(state: TicketState, view: ListView): string {
  const until = state.lease?.until ?? state.promise?.until ?? view.now;
  return timeText(until, view);
}

/** Only at the leader itself, while the grant is not in its cluster yet. */
function pendingText({ role, commit }: TicketState, view: ListView): string {
  const isPending = role === 'leader' && commit.wanted !== 'granted' && commit.notBefore !== null;
  if (!isPending || commit.notBefore <= view.now) return '';
  return ` (commit pending until ${timeText(commit.notBefore, view)})`;
}

/** Rounded to the nearest second. */
function timeText(at: Instant, view: ListView): string {
  const epochMs = view.epochMs + msBetween(view.now, at);
  return view.formatTime(Math.round(epochMs / 1000) * 1000);
}

function doubleGrantWarning({ config, state }: ListedTicket, view: ListView): string {
  const order = (id: MemberId): number => view.members.findIndex((member) => member.id === id);
  const claimants = [...state.claims].sort((a, b) => order(a) - order(b));
  const sites = claimants.map((id) => addressOf(id, view)).join(', ');
  return (
    `\nWARNING: The ticket ${config.name} is granted to multiple sites: ${sites}. ` +
    'Revoke the ticket from the faulty sites.'
  );
}

function peerBlock(peer: Peer, view: ListView): string {
  const { error, authFail, invalid } = refusalCounts(peer);
  const { member } = peer;
  return (
    `${member.role.padEnd(12)} ${member.address.text}, ` +
    `last recv: ${view.formatTime(peer.lastReceivedEpochMs)}\n` +
    `\tSent pkts:${String(peer.sent)} error:${String(peer.sendErrors)} resends:${String(peer.resends)}\n` +
    `\tRecv pkts:${String(peer.received)} error:${String(error)} ` +
    `authfail:${String(authFail)} invalid:${String(invalid)}\n\n`
  );
}

const addressOf = (id: MemberId, view: ListView): string =>
  view.members.find((member) => member.id === id)?.address.text ?? 'NONE';
