// A hub between the hosts of a lab, in user space: what it does to a frame is drawn per link and direction, so that
// kernels without netem can lose, delay, repeat and reorder too. The same seed gives each link the same draws.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../core/base/random.ts';
import { onlyChildOf } from '../support/process-tree.ts';

/** What happens to the frames of one direction of a link. Shares are from 0 to 1. */
export interface LinkConditions {
  readonly isCut: boolean;
  readonly lossShare: number;
  readonly duplicateShare: number;
  /** Every frame is late by a draw from this span; frames overtake each other within it. */
  readonly delayMs: readonly [least: number, most: number];
  /** This share of frames is held back so long on top, and is overtaken by what follows. */
  readonly holdShare: number;
  readonly holdMs: number;
}

/** A cable. */
export const goodLink: LinkConditions = {
  isCut: false,
  lossShare: 0,
  duplicateShare: 0,
  delayMs: [0, 0],
  holdShare: 0,
  holdMs: 0,
};

/** Frames so far, all links together; a frame delivered twice counts once as delivered, once as repeated. */
export interface HubCounters {
  readonly delivered: number;
  readonly dropped: number;
  readonly repeated: number;
  readonly delayed: number;
}

/** Ports are numbered from 0; the frames of port `p` come from and go to the MAC address `macOfPort(p)`. */
export interface FrameHub {
  /** A process in the network namespace where the devices tap0, tap1 … were made. */
  readonly pid: number;
  /** Changes one direction of a link; what is on its way already still arrives. */
  setLink(from: number, to: number, conditions: LinkConditions): void;
  linkOf(from: number, to: number): LinkConditions;
  counters(): HubCounters;
  dispose(): Promise<void>;
}

const HEADER_BYTES = 3;

/** Locally administered; the last byte is the port. */
export const macOfPort = (port: number): string => `02:00:00:00:00:0${String(port)}`;

interface Link {
  readonly random: Random;
  conditions: LinkConditions;
}

/** Starts the hub with so many devices, at most 9. They are moved to the hosts by the caller. */
export const startHub = async (portCount: number, seed: number): Promise<FrameHub> => {
  const script = join(import.meta.dirname, 'tap-pump.pl');
  const child = spawn(
    'unshare',
    ['--net', '--fork', '--kill-child=KILL', 'perl', script, String(portCount)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')));
  const links = makeLinks(portCount, seed);
  const timers = new Set<NodeJS.Timeout>();
  const counters = { delivered: 0, dropped: 0, repeated: 0, delayed: 0 };

  const deliver = (to: number, frame: Buffer, delayMs: number): void => {
    const send = (): void => {
      counters.delivered += 1;
      child.stdin.write(Buffer.concat([headerOf(to, frame.length), frame]));
    };
    if (delayMs < 1) {
      send();
      return;
    }
    counters.delayed += 1;
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, delayMs);
    timers.add(timer);
  };
  const pass = (from: number, to: number, frame: Buffer): void => {
    const link = links.get(keyOf(from, to));
    if (link === undefined) return;
    const delaysMs = fateOf(link);
    if (delaysMs.length === 0) counters.dropped += 1;
    if (delaysMs.length > 1) counters.repeated += 1;
    for (const delayMs of delaysMs) deliver(to, frame, delayMs);
  };
  const take = (from: number, frame: Buffer): void => {
    const isBroadcast = ((frame[0] ?? 0) & 1) === 1;
    for (let to = 0; to < portCount; to += 1) {
      if (to !== from && (isBroadcast || frame[5] === to)) pass(from, to, frame);
    }
  };

  const isReady = new Promise<void>((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    let isStarted = false;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (!isStarted && bytes.length >= 6) {
        isStarted = true;
        bytes = bytes.subarray(6);
        resolve();
      }
      if (isStarted) bytes = eachFrame(bytes, take);
    });
    void ended.then(() => reject(new Error(`the hub ended: ${complaint}`)));
  });
  const dispose = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    child.stdin.end();
    await ended;
  };
  await isReady;
  const linkAt = (from: number, to: number): Link => {
    const link = links.get(keyOf(from, to));
    if (link === undefined) throw new Error(`no link from ${String(from)} to ${String(to)}`);
    return link;
  };
  return {
    pid: await onlyChildOf(child.pid ?? 0),
    setLink: (from, to, conditions) => {
      linkAt(from, to).conditions = conditions;
    },
    linkOf: (from, to) => linkAt(from, to).conditions,
    counters: () => ({ ...counters }),
    dispose,
  };
};

const keyOf = (from: number, to: number): number => from * 16 + to;

const makeLinks = (portCount: number, seed: number): ReadonlyMap<number, Link> => {
  const links = new Map<number, Link>();
  for (let from = 0; from < portCount; from += 1) {
    for (let to = 0; to < portCount; to += 1) {
      const random = seededRandom(seed * 256 + keyOf(from, to));
      if (from !== to) links.set(keyOf(from, to), { random, conditions: goodLink });
    }
  }
  return links;
};

/** How late each copy of the next frame arrives; empty: it does not. Always as many draws, whatever the outcome. */
const fateOf = ({ random, conditions }: Link): readonly number[] => {
  const { isCut, lossShare, duplicateShare, delayMs, holdShare, holdMs } = conditions;
  const isLost = random.next() < lossShare;
  const isTwice = random.next() < duplicateShare;
  const isHeld = random.next() < holdShare;
  const [least, most] = delayMs;
  const first = least + random.next() * (most - least) + (isHeld ? holdMs : 0);
  const second = least + random.next() * (most - least) + holdMs;
  if (isCut || isLost) return [];
  return isTwice ? [first, second] : [first];
};

const headerOf = (port: number, sizeBytes: number): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(port, 0);
  header.writeUInt16BE(sizeBytes, 1);
  return header;
};

/** Calls `take` for each whole frame and returns what is left. */
const eachFrame = (bytes: Buffer, take: (port: number, frame: Buffer) => void): Buffer => {
  let offset = 0;
  while (bytes.length - offset >= HEADER_BYTES) {
    const end = offset + HEADER_BYTES + bytes.readUInt16BE(offset + 1);
    if (bytes.length < end) break;
    take(bytes.readUInt8(offset), Buffer.from(bytes.subarray(offset + HEADER_BYTES, end)));
    offset = end;
  }
  return bytes.subarray(offset);
};
