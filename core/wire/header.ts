/** The header every message begins with (booth-protocol 2.1). */
import { NO_MEMBER_ON_WIRE, memberIdOf, type MemberId } from '../base/member-id.ts';
import { HEADER, MAGIC, VERSION, viewOf } from './layout.ts';
import type { RefusalReason, SentAt } from './message.ts';

/** The header's fields as numbers; what they mean depends on the kind of message. */
export interface Header {
  readonly opts: number;
  readonly sentAt: SentAt;
  readonly from: MemberId;
  readonly length: number;
  readonly command: number;
  readonly request: number;
  readonly options: number;
  readonly reason: number;
  readonly result: number;
}

/** Reads the header of at least 48 bytes, without judging it. */
export function readHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes);
  return {
    opts: view.getUint32(HEADER.opts),
    sentAt: { secs: view.getUint32(HEADER.secs), usecs: view.getUint32(HEADER.usecs) },
    from: memberIdOf(view.getUint32(HEADER.from)),
    length: view.getUint32(HEADER.length),
    command: view.getUint32(HEADER.command),
    request: view.getUint32(HEADER.request),
    options: view.getUint32(HEADER.options),
    reason: view.getUint32(HEADER.reason),
    result: view.getUint32(HEADER.result),
  };
}

/** Why a message of at least 28 bytes is none of booth's, or null. */
export function judgeMagicAndVersion(bytes: Uint8Array): RefusalReason | null {
  const view = viewOf(bytes);
  if (view.getUint32(HEADER.magic) !== MAGIC) return 'bad-magic';
  return view.getUint32(HEADER.version) === VERSION ? null : 'bad-version';
}

/** Writes the header at the start of `bytes`. */
export function writeHeader(bytes: Uint8Array, header: Header): void {
  const view = viewOf(bytes);
  view.setUint32(HEADER.opts, header.opts);
  view.setUint32(HEADER.secs, header.sentAt.secs);
  view.setUint32(HEADER.usecs, header.sentAt.usecs);
  view.setUint32(HEADER.magic, MAGIC);
  view.setUint32(HEADER.version, VERSION);
  view.setUint32(HEADER.from, header.from);
  view.setUint32(HEADER.length, header.length);
  view.setUint32(HEADER.command, header.command);
  view.setUint32(HEADER.request, header.request);
  view.setUint32(HEADER.options, header.options);
  view.setUint32(HEADER.reason, header.reason);
  view.setUint32(HEADER.result, header.result);
}

/** The leader field as a member; null for 0xFFFFFFFF. */
export const leaderOf = (field: number): MemberId | null =>
  field === NO_MEMBER_ON_WIRE ? null : memberIdOf(field);
