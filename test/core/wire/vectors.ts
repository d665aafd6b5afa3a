/** The captured messages of real booth daemons; they are data beside the repository, not in it. */
import { existsSync, readFileSync } from 'node:fs';
import { assert } from '../../../core/base/assert.ts';
import { loadKey, type AuthKey } from '../../../core/wire/authentication.ts';

const file = new URL('../../../../shared/vectors/booth-packets.json', import.meta.url);

export interface VectorHeader {
  readonly opts: number;
  readonly secs: number;
  readonly usecs: number;
  readonly from: string;
  readonly length: number;
  readonly cmd: string;
  readonly request: string | number;
  readonly options: number;
  readonly reason: string | number;
  readonly result: string | number;
}

export interface Decoded {
  readonly header: VectorHeader;
  readonly ticket?: {
    readonly id: string;
    readonly leader: string;
    readonly term: number;
    readonly term_valid_for: number;
  };
  readonly attribute?: { readonly ticket: string; readonly name: string; readonly value: string };
  readonly text?: string;
  readonly uncounted_trailing_bytes?: number;
}

export interface Hmac {
  readonly offset: number;
  readonly mac: string;
  readonly verifies_with_key: string;
}

export interface VectorMessage {
  readonly id: string;
  readonly transport: 'udp' | 'tcp';
  readonly direction: 'member to member' | 'client to server' | 'server to client';
  readonly hex: string;
  readonly decoded: Decoded;
  readonly hmac: Hmac | null;
}

export interface Probe {
  readonly id: string;
  readonly label: string;
  readonly config_of: string;
  readonly transport: 'udp' | 'tcp';
  readonly request_hex: string;
  readonly sent_at_epoch: number;
  readonly sent_in_pieces?: readonly number[];
  readonly replies: readonly { readonly hex: string; readonly decoded: Decoded }[];
  readonly connection_end?: string;
}

export interface Vectors {
  readonly keys: Readonly<
    Record<
      string,
      { readonly file_hex: string; readonly key_hex: string; readonly key_length: number }
    >
  >;
  readonly site_ids: readonly {
    readonly address: string;
    readonly binary_hex: string;
    readonly site_id_decimal: number;
  }[];
  readonly rings: readonly {
    readonly name: string;
    readonly authfile_key: string | null;
    readonly messages: readonly VectorMessage[];
  }[];
  readonly probes: readonly Probe[];
}

const none: Vectors = { keys: {}, site_ids: [], rings: [], probes: [] };

export const hasVectors = existsSync(file);
const parsed: Vectors = hasVectors ? JSON.parse(readFileSync(file, 'utf8')) : none;
/** A probe's label says what was sent; what the receiver of the capture did is not ours to tell. */
const probes = parsed.probes.map((probe) => ({
  ...probe,
  label: probe.label.replace(/: boothd .*$/, ''),
}));
export const vectors: Vectors = { ...parsed, probes };
/** Appended to the titles of tests that need the captured messages. */
export const unlessAbsent = hasVectors
  ? ''
  : ' (skipped: no captured messages beside the repository)';

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The key of that name as a daemon would load it from its file; null for null. */
export function keyNamed(name: string | null): AuthKey | null {
  if (name === null) return null;
  const loaded = loadKey(bytesOf(vectors.keys[name]?.file_hex ?? ''));
  assert(loaded.ok, `key ${name} loads`);
  return loaded.value;
}
