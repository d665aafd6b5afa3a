/** `geo status` for people: tables of tickets, members and resources. */
import Table from 'cli-table3';
import type { ListedTicket } from '../answer/ticket-list.ts';
import { printable } from '../client-output.ts';
import type { ShownResource } from '../commands/cluster-state.ts';
import type { ShownRing, ShownStatus } from '../commands/shown-status.ts';

export interface RenderOptions {
  readonly isColoured: boolean;
}

type Colour = 'green' | 'yellow' | 'red' | 'dim';

const escapeCodes: Readonly<Record<Colour, string>> = {
  green: '\u001b[32m',
  yellow: '\u001b[33m',
  red: '\u001b[31m',
  dim: '\u001b[2m',
};
const plain = '\u001b[0m';

type Paint = (colour: Colour, text: string) => string;

/** The whole page, ending in a newline. */
export function renderStatus(status: ShownStatus, { isColoured }: RenderOptions): string {
  const paint: Paint = (colour, text) =>
    isColoured ? `${escapeCodes[colour]}${text}${plain}` : text;
  return [
    ...ringParts(status.ring, paint),
    ...guardParts(status, paint),
    clusterTable(status, paint),
  ].join('\n');
}

function ringParts(ring: ShownRing | null, paint: Paint): readonly string[] {
  if (ring === null) return [`Ring: ${paint('red', 'the daemon of this host cannot be asked')}\n`];
  const daemon = ring.holdsUsualLock
    ? paint('green', 'running')
    : paint('yellow', 'answers, but nobody holds its usual lock file');
  return [
    `Ring ${ring.name}, as ${ring.server} sees it; daemon ${daemon}\n`,
    ticketTable(ring, paint),
    ...ring.warnings.map(({ ticket, sites }) =>
      paint('red', `ticket ${ticket} is granted to ${sites.join(' and ')}: revoke one of them\n`),
    ),
    peerTable(ring),
  ];
}

function ticketTable({ tickets }: ShownRing, paint: Paint): string {
  if (tickets.length === 0) return 'Tickets: none configured\n';
  const rows = tickets.map((ticket) => [
    ticket.ticket,
    holderText(ticket, paint),
    ticket.expires ?? (ticket.state === 'granted' ? 'never' : ''),
    ticket.mode,
    ticket.commitPendingUntil === null ? '' : `commit pending until ${ticket.commitPendingUntil}`,
  ]);
  return tableOf(['Ticket', 'Held by', 'Expires', 'Mode', ''], rows);
}

function holderText({ state, leader }: ListedTicket, paint: Paint): string {
  if (state === 'granted') return paint('green', leader ?? '');
  return state === 'nobody' ? paint('dim', 'nobody') : paint('yellow', 'unknown');
}

function peerTable({ peers }: ShownRing): string {
  if (peers.length === 0) return 'Peers: none\n';
  const rows = peers.map(({ role, address, lastReceived, sent, received }) => [
    address,
    role,
    lastReceived.startsWith('1970-01-01') ? 'never' : lastReceived,
    `${sent.packets} / ${received.packets}`,
    String(sent.errors + received.errors + received.authenticationFailures + received.invalid),
  ]);
  return tableOf(['Peer', 'Role', 'Last heard', 'Sent / received', 'Errors'], rows);
}

function guardParts({ cluster }: ShownStatus, paint: Paint): readonly string[] {
  const trouble = cluster?.guardTrouble ?? null;
  return trouble === null ? [] : [paint('red', `no guard to rely on: ${printable(trouble)}\n`)];
}

function clusterTable({ cluster }: ShownStatus, paint: Paint): string {
  if (cluster === null) return 'Cluster: none embedded on this host\n';
  if (cluster.resources.length === 0) return `Cluster: no resources in ${cluster.path}\n`;
  const rows = cluster.resources.map((resource) => [
    resource.group === null ? resource.id : `${resource.group} / ${resource.id}`,
    resource.agent,
    stateText(resource, paint),
    resource.tickets.join(', '),
  ]);
  return tableOf(['Resource', 'Agent', 'State', 'Ticket'], rows);
}

const stateColours: Readonly<Record<ShownResource['state'], Colour>> = {
  started: 'green',
  promoted: 'green',
  stopped: 'dim',
  failed: 'red',
  pending: 'yellow',
  unknown: 'yellow',
};

function stateText({ state, node, reason }: ShownResource, paint: Paint): string {
  const where = node === null || state === 'stopped' ? '' : ` on ${node}`;
  const why = reason === '' ? '' : `: ${printable(reason)}`;
  return `${paint(stateColours[state], state)}${where}${why}`;
}

/** Column heads, then rows, without frames: easy to read and to cut. */
function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const blank = Object.fromEntries(frameParts.map((part) => [part, '']));
  const table = new Table({
    head: [...heads],
    chars: { ...blank, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

const frameParts = [
  ...['top', 'top-mid', 'top-left', 'top-right'],
  ...['bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];
