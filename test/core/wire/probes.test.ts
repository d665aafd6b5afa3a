/**
 * The crafted requests boothd was asked to swallow, given to ours in the same order with the clock
 * of that moment. What boothd answered we accept and what it refused we refuse, except where the
 * tables below say so.
 */
import { describe, expect, test } from 'vitest';
import { memberIdOf } from '../../../core/base/member-id.ts';
import { openDatagram } from '../../../core/wire/decode-datagram.ts';
import { authFailedAnswer, decodeRequest } from '../../../core/wire/decode-request.ts';
import { encodeAnswer } from '../../../core/wire/encode.ts';
import { emptyFreshness, judgeFreshness } from '../../../core/wire/freshness.ts';
import type { FreshnessMemory } from '../../../core/wire/freshness.ts';
import type { ClientAnswer, RefusalReason, SentAt } from '../../../core/wire/message.ts';
import { feed, requestStream, type StreamOutcome } from '../../../core/wire/stream.ts';
import {
  leftToTheMember,
  refusedByBoth,
  sameBytesAsTheFirst,
  stricterThanBooth,
} from './probe-verdicts.ts';
import { bytesOf, hasVectors, hexOf, keyNamed, unlessAbsent, vectors } from './vectors.ts';
import type { Probe } from './vectors.ts';

type Outcome = 'accepted' | 'incomplete' | RefusalReason;

/** One receiver, remembering what it has seen, as boothd's process did. */
function receiver(configOf: string) {
  const key = keyNamed(configOf === 'ipv4-auth' ? 'k1' : null);
  let peer: FreshnessMemory = emptyFreshness();
  let clients: FreshnessMemory = emptyFreshness();

  const judge = (
    memory: FreshnessMemory,
    opened: { readonly sentAt: SentAt; readonly mac: string | null },
    probe: Probe,
  ) => {
    const { sentAt, mac } = opened;
    if (mac === null) return { verdict: null, memory };
    return judgeFreshness(memory, { sentAt, mac }, probe.sent_at_epoch * 1000, 600);
  };

  const receiveDatagram = (probe: Probe): Outcome => {
    const opened = openDatagram(bytesOf(probe.request_hex), key);
    if (!opened.ok) return opened.error.reason;
    const { verdict, memory } = judge(peer, opened.value, probe);
    peer = memory;
    return verdict ?? 'accepted';
  };

  const receiveRequest = (probe: Probe): { outcome: Outcome; answer: ClientAnswer | null } => {
    const framed = stream(probe);
    if (framed.kind === 'needs-more') return { outcome: 'incomplete', answer: null };
    if (framed.kind === 'refused') return { outcome: framed.reason, answer: null };
    const opened = decodeRequest(framed.bytes, key);
    if (!opened.ok) return { outcome: opened.error.reason, answer: opened.error.answer };
    const { verdict, memory } = judge(clients, opened.value, probe);
    clients = memory;
    return verdict === null
      ? { outcome: 'accepted', answer: null }
      : { outcome: verdict, answer: authFailedAnswer };
  };

  return { key, receiveDatagram, receiveRequest };
}

function stream(probe: Probe): StreamOutcome {
  const bytes = bytesOf(probe.request_hex);
  let outcome: StreamOutcome = { kind: 'needs-more', state: requestStream };
  let offset = 0;
  for (const size of probe.sent_in_pieces ?? [bytes.length]) {
    if (outcome.kind !== 'needs-more') break;
    outcome = feed(outcome.state, bytes.subarray(offset, offset + size));
    offset += size;
  }
  return outcome;
}

function expectedOutcome({ label, config_of: configOf }: Probe): Outcome {
  if (sameBytesAsTheFirst.has(label) && configOf === 'ipv4-auth') return 'replayed';
  return stricterThanBooth[label] ?? refusedByBoth[label] ?? 'accepted';
}

describe.skipIf(!hasVectors)(`probes${unlessAbsent}`, () => {
  test.each(['ipv4-auth', 'ipv4-noauth'])('%s: each is taken as the tables say', (configOf) => {
    const { key, receiveDatagram, receiveRequest } = receiver(configOf);
    const probes = vectors.probes.filter((probe) => probe.config_of === configOf);
    expect(probes.length).toBeGreaterThanOrEqual(39);
    for (const probe of probes) {
      if (probe.transport === 'udp') {
        expect(receiveDatagram(probe), probe.label).toBe(expectedOutcome(probe));
        continue;
      }
      const { outcome, answer } = receiveRequest(probe);
      expect(outcome, probe.label).toBe(expectedOutcome(probe));
      const reply = probe.replies[0];
      if (!(probe.label in refusedByBoth)) continue;
      const { from = '0', secs = 0, usecs = 0 } = reply?.decoded.header ?? {};
      const sender = { from: memberIdOf(Number(from)), sentAt: { secs, usecs }, key };
      const ours = answer === null ? null : hexOf(encodeAnswer(answer, sender));
      expect(ours, `answer to ${probe.label}`).toBe(reply?.hex ?? null);
    }
  });

  test('the tables agree with what boothd did', () => {
    const refusals = new Set(['IArg', 'Auth', 'NAtr']);
    for (const { id, label, replies } of vectors.probes) {
      const result = String(replies[0]?.decoded.header.result ?? 'silence');
      const isRefusedByBooth = result === 'silence' || refusals.has(result);
      const isExpectedRefused = label in refusedByBoth || leftToTheMember.has(label);
      expect(isExpectedRefused, `${id} ${label}`).toBe(isRefusedByBooth);
    }
    const labels = new Set(vectors.probes.map((probe) => probe.label));
    const listed = [stricterThanBooth, refusedByBoth].flatMap((table) => Object.keys(table));
    const all = [...listed, ...leftToTheMember, ...sameBytesAsTheFirst];
    expect(all.filter((label) => !labels.has(label))).toEqual([]);
  });
});
