/**
 * The journal's bytes: one frame a line, `crc32 sequence length json\n`. The crc (8 hex digits)
 * covers everything after it up to the newline; the length is that of the JSON in bytes. Frame 0
 * is the header, each later one holds the entries of one group commit.
 *
 * A frame is written and fsynced before the next one is begun. So a crash can tear only the last
 * frame; one that is wrong in front of a good one was on disk once and has been damaged since.
 */
import { crc32 } from '../base/member-id.ts';
import type { JournalEntry, JsonValue } from '../member/ports.ts';

export interface JournalHeader {
  /** False: entries written earlier may be missing; the member must abstain (R7). */
  readonly isComplete: boolean;
}

export type ReadJournal = {
  readonly header: JournalHeader;
  /** Of all whole frames in front of the first that is not. */
  readonly entries: readonly JournalEntry[];
  readonly end:
    | { readonly kind: 'whole' }
    /** The last frame was torn by a crash; so many bytes do not count. */
    | { readonly kind: 'torn'; readonly lostBytes: number }
    /** Damaged from this byte on: more may be missing than what was never acknowledged. */
    | { readonly kind: 'corrupt'; readonly atByte: number }
    /** Whole as far as its header goes, but of a format this program does not know. */
    | { readonly kind: 'other-version'; readonly version: number };
};

const FORMAT = 'geobooth-journal';
const VERSION = 1;
const NEWLINE = 0x0a;
/** The checksum and the space after it. */
const CRC_BYTES = 9;

const encoder = new TextEncoder();

/** Frame 0 of a file. */
export const encodeHeader = ({ isComplete }: JournalHeader): Uint8Array =>
  encodeFrame(0, { format: FORMAT, version: VERSION, isComplete });

/** Frame numbers count from 1 in each file, without a gap. */
export const encodeEntries = (sequence: number, entries: readonly JournalEntry[]): Uint8Array =>
  encodeFrame(sequence, entries);

function encodeFrame(sequence: number, json: JsonValue): Uint8Array {
  const text = JSON.stringify(json);
  const covered = encoder.encode(`${sequence} ${encoder.encode(text).length} ${text}`);
  const crc = crc32(covered).toString(16).padStart(8, '0');
  const frame = new Uint8Array(CRC_BYTES + covered.length + 1);
  frame.set(encoder.encode(`${crc} `));
  frame.set(covered, CRC_BYTES);
  frame[frame.length - 1] = NEWLINE;
  return frame;
}

/** Total: any bytes give an answer. */
export function readJournal(bytes: Uint8Array): ReadJournal {
  const lines = splitLines(bytes);
  const first = lines[0] === undefined ? null : readFrame(lines[0].bytes, 0);
  const version = readVersion(first);
  if (version !== null && version !== VERSION) {
    return { header: { isComplete: false }, entries: [], end: { kind: 'other-version', version } };
  }
  const header = readHeader(first);
  // The header was fsynced before the file got its name: without it the file was damaged.
  if (header === null) {
    return { header: { isComplete: false }, entries: [], end: { kind: 'corrupt', atByte: 0 } };
  }
  const entries: JournalEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const found = readEntries(readFrame(line.bytes, index));
    if (found === null) return { header, entries, end: judgeEnd(lines.slice(index), bytes) };
    entries.push(...found);
  }
  return { header, entries, end: { kind: 'whole' } };
}

/**
 * What begins with a frame that is wrong. A crash leaves the start of the last frame, or holes of
 * zeros where its pages never reached the disk; anything else was damaged after it was on disk.
 */
function judgeEnd(rest: readonly Line[], bytes: Uint8Array): ReadJournal['end'] {
  const atByte = rest[0]?.atByte ?? 0;
  const left = bytes.subarray(atByte);
  const isOneLine = rest.length === 1 && rest[0]?.bytes === null;
  const mayBeTorn = (isOneLine && left.length < declaredBytes(left)) || hasHole(bytes, atByte);
  const hasGoodFrame = rest.some((line) => readFrame(line.bytes, null) !== null);
  return mayBeTorn && !hasGoodFrame
    ? { kind: 'torn', lostBytes: left.length }
    : { kind: 'corrupt', atByte };
}

const SECTOR_BYTES = 512;

/** Zeros from the frame's start, or from a sector's, to the end of that sector. */
function hasHole(bytes: Uint8Array, frameAt: number): boolean {
  for (let from = bytes.indexOf(0, frameAt); from !== -1;) {
    const nextSector = (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES;
    const startsSector = from === frameAt || from % SECTOR_BYTES === 0;
    if (startsSector && bytes.subarray(from, nextSector).every((byte) => byte === 0)) return true;
    from = bytes.indexOf(0, nextSector);
  }
  return false;
}

/** How long the frame says it is, newline included; Infinity when its head is not whole. */
function declaredBytes(frame: Uint8Array): number {
  const head = readHead(frame);
  return head === null ? Infinity : head.sizeBytes + head.jsonBytes + 1;
}

interface Line {
  readonly atByte: number;
  /** Without its newline; null when the newline is missing. */
  readonly bytes: Uint8Array | null;
}

function splitLines(bytes: Uint8Array): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(NEWLINE, start);
    lines.push({ atByte: start, bytes: end === -1 ? null : bytes.subarray(start, end) });
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}

interface FrameHead {
  readonly sizeBytes: number;
  readonly crc: number;
  readonly sequence: number;
  readonly jsonBytes: number;
}

function readHead(frame: Uint8Array): FrameHead | null {
  const start = new TextDecoder('latin1').decode(frame.subarray(0, 48));
  const found = /^([0-9a-f]{8}) (0|[1-9][0-9]{0,14}) (0|[1-9][0-9]{0,9}) /.exec(start);
  if (found === null) return null;
  const [text, crc, sequence, jsonBytes] = found;
  return {
    sizeBytes: text.length,
    crc: Number.parseInt(crc ?? '', 16),
    sequence: Number(sequence),
    jsonBytes: Number(jsonBytes),
  };
}

/** The JSON of a whole frame, without its newline; `sequence` null takes any number. */
function readFrame(line: Uint8Array | null, sequence: number | null): { json: unknown } | null {
  const head = line === null ? null : readHead(line);
  if (line === null || head === null) return null;
  if (sequence !== null && head.sequence !== sequence) return null;
  const json = line.subarray(head.sizeBytes);
  if (json.length !== head.jsonBytes || crc32(line.subarray(CRC_BYTES)) !== head.crc) return null;
  return parse(json);
}

function parse(json: Uint8Array): { json: unknown } | null {
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) };
  } catch {
    return null;
  }
}

function readVersion(frame: { readonly json: unknown } | null): number | null {
  const json = frame?.json;
  if (!isRecord(json) || json['format'] !== FORMAT) return null;
  return typeof json['version'] === 'number' ? json['version'] : null;
}

function readHeader(frame: { readonly json: unknown } | null): JournalHeader | null {
  const json = frame?.json;
  if (!isRecord(json) || json['format'] !== FORMAT || json['version'] !== VERSION) return null;
  return typeof json['isComplete'] === 'boolean' ? { isComplete: json['isComplete'] } : null;
}

function readEntries(frame: { readonly json: unknown } | null): readonly JournalEntry[] | null {
  const json = frame?.json;
  return Array.isArray(json) && json.every(isRecord) ? json : null;
}

const isRecord = (json: unknown): json is JournalEntry =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
