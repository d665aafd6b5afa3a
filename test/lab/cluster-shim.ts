// The lab's stand-in for a site's cluster: where the crm_ticket shim keeps tickets and writes down who called it
// with what and when. Both C daemons and geobooth's, told to drive Pacemaker, go through it.
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One call of crm_ticket. The change it made lies between the two instants, milliseconds since the epoch. */
export interface TicketCall {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly code: number;
  readonly args: readonly string[];
}

/** A span during which a ticket was granted at a site; `endedAt` is null while it still is. */
export interface GrantedSpan {
  readonly ticket: string;
  readonly beganAt: number;
  readonly endedAt: number | null;
}

/** Puts the shim into a folder for the search path, makes its state folder, and returns the former. */
export const installClusterShim = async (
  hostFolder: string,
  clusterFolder: string,
): Promise<string> => {
  const programs = join(hostFolder, 'programs');
  const tickets = join(clusterFolder, 'tickets');
  await mkdir(programs, { recursive: true });
  await mkdir(tickets, { recursive: true });
  // C booth calls it as hacluster, geobooth may call it as root.
  await chmod(clusterFolder, 0o777);
  await chmod(tickets, 0o777);
  const shim = join(programs, 'crm_ticket');
  await copyFile(join(import.meta.dirname, 'shims', 'crm_ticket'), shim);
  await chmod(shim, 0o755);
  return programs;
};

const readOrNothing = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
};

/** All calls so far, oldest first. */
export const readTicketCalls = async (clusterFolder: string): Promise<readonly TicketCall[]> => {
  const text = await readOrNothing(join(clusterFolder, 'calls.log'));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [beganAt = '', endedAt = '', code = '', ...args] = line.split('\t');
      return {
        beganAt: Number(beganAt) * 1000,
        endedAt: Number(endedAt) * 1000,
        code: Number(code),
        args,
      };
    });
};

/** Attributes of a ticket as the cluster has them now; null when it does not know the ticket. */
export const readTicketAttributes = async (
  clusterFolder: string,
  ticket: string,
): Promise<ReadonlyMap<string, string> | null> => {
  const text = await readOrNothing(join(clusterFolder, 'tickets', ticket.replaceAll('/', '%2F')));
  if (text === '') return null;
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const end = line.indexOf('=');
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );
};

/** Ticket that a call names; empty when it names none. */
export const ticketOf = (call: TicketCall): string => {
  const index = call.args.findIndex((word) => word === '-t' || word === '--ticket');
  return index < 0 ? '' : (call.args[index + 1] ?? '');
};

/** What a call did to the ticket's state: granted it, revoked it, or neither (also when it failed). */
export const changeOf = (call: TicketCall): 'grant' | 'revoke' | null => {
  if (call.code !== 0) return null;
  if (call.args.some((word) => word === '-g' || word === '--grant')) return 'grant';
  return call.args.some((word) => word === '-r' || word === '--revoke') ? 'revoke' : null;
};

/**
 * Spans in which tickets were granted, by the calls of one site. Each is as wide as it can have been: from the
 * beginning of the call that granted to the end of the one that revoked.
 */
export const grantedSpans = (calls: readonly TicketCall[]): readonly GrantedSpan[] => {
  const open = new Map<string, number>();
  const spans: GrantedSpan[] = [];
  for (const call of calls) {
    const ticket = ticketOf(call);
    const change = changeOf(call);
    const beganAt = open.get(ticket);
    if (change === 'grant' && beganAt === undefined) open.set(ticket, call.beganAt);
    if (change === 'revoke' && beganAt !== undefined) {
      spans.push({ ticket, beganAt, endedAt: call.endedAt });
      open.delete(ticket);
    }
  }
  const still = [...open].map(([ticket, beganAt]) => ({ ticket, beganAt, endedAt: null }));
  return [...spans, ...still];
};

/** A ticket that went from one site to another. */
export interface Handover {
  readonly ticket: string;
  readonly from: string;
  readonly to: string;
  /** From the revoke at the one to the grant at the other; negative: both had it at once for so long. */
  readonly gapMs: number;
}

/** Every pair of spans of one ticket at two sites, in order of their beginning; `until` ends spans that are still open. */
export const findHandovers = (
  sites: readonly { readonly site: string; readonly spans: readonly GrantedSpan[] }[],
  until: number,
): readonly Handover[] => {
  const all = sites
    .flatMap(({ site, spans }) => spans.map((span) => ({ ...span, site })))
    .sort((a, b) => a.beganAt - b.beganAt);
  return all.flatMap((earlier, index) =>
    all
      .slice(index + 1)
      .filter(({ ticket, site }) => ticket === earlier.ticket && site !== earlier.site)
      .map((later) => ({
        ticket: earlier.ticket,
        from: earlier.site,
        to: later.site,
        gapMs: later.beganAt - Math.min(earlier.endedAt ?? until, later.endedAt ?? until),
      })),
  );
};
