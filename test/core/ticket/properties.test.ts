/**
 * Whatever comes in, in whatever order: the machine does not throw, forgets nothing it has said,
 * and says nothing before it is written. Inputs are drawn, restarts go through the durable part.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import type { MemberId } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import type { RingMember, TicketConfig } from '../../../core/config/model.ts';
import type { TicketContext } from '../../../core/ticket/context.ts';
import type { TicketEffect } from '../../../core/ticket/effect.ts';
import type { PeerMessage, TicketInput } from '../../../core/ticket/input.ts';
import type { DurableTicket, TicketState } from '../../../core/ticket/state.ts';
import { durableOf, initialState } from '../../../core/ticket/state.ts';
import { step } from '../../../core/ticket/step.ts';
import type { RingCommand } from '../../../core/wire/message.ts';
import { A, B, C, ticketConfig } from './bench.ts';

const members: readonly RingMember[] = [A, B, C];
const commands = [
  'status',
  'my-index',
  'req-vote',
  'vote-for',
  'heartbeat',
  'ack',
  'update',
  'revoke',
  'rejected',
] as const satisfies readonly RingCommand[];
const results = [
  'success',
  'ticket-idle',
  'term-outdated',
  'term-still-valid',
  'you-are-outdated',
] as const;
const reasons = ['none', 'admin', 'ticket-lost', 'reacquire', 'step-down', 'local-fail'] as const;

/** Nonces and sequences that fit the state at that moment are drawn as "right". */
interface DrawnMessage extends Omit<PeerMessage, 'options'> {
  readonly options: number | 'right';
}

type Event =
  | { readonly kind: 'input'; readonly input: TicketInput }
  | { readonly kind: 'message'; readonly message: DrawnMessage }
  | { readonly kind: 'outcome'; readonly failure: string | null }
  | { readonly kind: 'wait'; readonly spanMs: number }
  | { readonly kind: 'due' }
  /** A peer votes for this member, or acks its round, as it should. */
  | { readonly kind: 'agree'; readonly from: MemberId }
  /** An operator's grant that goes as it should. */
  | { readonly kind: 'reign' }
  | { readonly kind: 'journal'; readonly isUsable: boolean }
  | { readonly kind: 'restart'; readonly isSameBoot: boolean; readonly isGranted: boolean };

const term = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
);
const anyMember = fc.constantFrom(B.id, C.id, A.id);
const messages: fc.Arbitrary<DrawnMessage> = fc.record({
  from: fc.constantFrom(B.id, C.id),
  command: fc.constantFrom(...commands),
  request: fc.constantFrom(null, ...commands),
  options: fc.oneof(fc.constant<'right'>('right'), fc.nat(0xffff_ffff)),
  reason: fc.constantFrom(...reasons),
  result: fc.constantFrom(...results),
  leader: fc.oneof(anyMember, fc.constant(null)),
  term,
  validForMs: fc.oneof(fc.nat(12_000), fc.nat(0xffff_ffff)),
  isMarked: fc.boolean(),
});

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: messages.map((message): Event => ({ kind: 'message', message })),
  },
  { weight: 4, arbitrary: fc.nat(12_000).map((spanMs): Event => ({ kind: 'wait', spanMs })) },
  { weight: 4, arbitrary: fc.constant<Event>({ kind: 'due' }) },
  { weight: 2, arbitrary: fc.constant<Event>({ kind: 'reign' }) },
  {
    weight: 12,
    arbitrary: fc.constantFrom(B.id, C.id).map((from): Event => ({ kind: 'agree', from })),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(null, null, 'the cluster is down')
      .map((failure): Event => ({ kind: 'outcome', failure })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('input' as const),
      input: fc.oneof(
        fc.record({
          kind: fc.constant('grant' as const),
          request: fc.nat(50),
          isForced: fc.boolean(),
          isWaitingForCommit: fc.boolean(),
        }),
        fc.record({ kind: fc.constant('revoke' as const), request: fc.nat(50) }),
        fc.record({
          kind: fc.constant('handler-exited' as const),
          isSuccess: fc.boolean(),
          detail: fc.constant('exit code 1'),
        }),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isUsable): Event => ({ kind: 'journal', isUsable })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.boolean(), fc.boolean())
      .map(([isSameBoot, isGranted]): Event => ({ kind: 'restart', isSameBoot, isGranted })),
  },
);

/** A ticket's configuration, in a ring of ours or beside C daemons. */
const setups: fc.Arbitrary<Setup> = fc
  .record({
    mode: fc.constantFrom('automatic' as const, 'automatic' as const, 'manual' as const),
    handler: fc.constantFrom(null, null, { path: '/bin/check', args: [] }),
    acquireAfterMs: fc.constantFrom(0, 3000),
  })
  .chain((part) =>
    fc.boolean().map((areMarked) => ({ config: { ...ticketConfig, ...part }, areMarked })),
  );

interface Setup {
  readonly config: TicketConfig;
  readonly areMarked: boolean;
}

/** A member under test: its state, what its disk holds, what it has ever said. */
class Run {
  state: TicketState = initialState;
  durable: DurableTicket = durableOf(initialState);
  nowMs = 1_000_000;
  wakeAt: number | null = null;
  isJournalUsable = true;
  readonly votes = new Map<number, number>();
  readonly random = seededRandom(3);
  readonly config: TicketConfig;
  readonly areMarked: boolean;
  readonly self: RingMember;

  constructor({ config, areMarked }: Setup, self: RingMember) {
    this.config = config;
    this.areMarked = areMarked;
    this.self = self;
  }

  context(): TicketContext {
    return {
      now: instantOf(this.nowMs),
      random: this.random,
      config: this.config,
      self: this.self,
      members,
      markedPeers: new Set(this.areMarked ? [B.id, C.id] : []),
      isJournalUsable: this.isJournalUsable,
      attributes: new Map(),
      commitMarginMs: 100,
    };
  }

  give(input: TicketInput): void {
    const before = this.state;
    const { state, effects, wakeAt } = step(before, input, this.context());
    this.state = state;
    this.wakeAt = wakeAt;
    if (wakeAt !== null) expect(wakeAt).toBeGreaterThan(this.nowMs);
    expect(state.term, 'terms only grow').toBeGreaterThanOrEqual(before.term);
    this.look(effects);
    if (input.kind === 'message' && input.message.command === 'status')
      expect(effects.some((one) => one.kind === 'send' && one.message.command === 'my-index')).toBe(
        true,
      );
  }

  /** Effects in order; what a journal that fails would drop is not looked at (see run-member). */
  look(effects: readonly TicketEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'persist') {
        expect(effect.record.term).toBeGreaterThanOrEqual(this.durable.term);
        this.durable = effect.record;
      }
      if (effect.kind === 'send') this.lookAtMessage(effect);
      if (effect.kind === 'commit' && effect.granted && this.config.mode === 'automatic')
        expect(effect.leaseUntil, 'a grant names its end').toBeGreaterThan(this.nowMs);
    }
  }

  lookAtMessage({ message }: Extract<TicketEffect, { kind: 'send' }>): void {
    const { durable, self } = this;
    switch (message.command) {
      case 'heartbeat':
      case 'update':
        expect(message.leader).toBe(self.id);
        expect(this.state.role === 'leader').toBe(true);
        if (this.config.mode === 'automatic')
          expect(durable.promise, 'its own word is written first').toMatchObject({
            to: self.id,
            term: message.term,
          });
        break;
      case 'req-vote':
        expect(message.reason).not.toBe('none');
        expect(durable.vote).toEqual({ term: message.term, candidate: self.id });
        this.noteVote(message.term, self.id);
        break;
      case 'vote-for':
        if (message.leader === null) break;
        this.noteVote(message.term, message.leader);
        expect(durable.vote?.candidate, 'the vote is written first').toBe(message.leader);
        break;
      case 'ack':
        if (message.request === 'revoke' || this.config.mode === 'manual') break;
        expect(durable.promise, 'the promise is written first').toMatchObject({
          to: message.leader,
          term: message.term,
        });
        expect(durable.promise?.until).toBeGreaterThanOrEqual(this.nowMs + this.config.expireMs);
        break;
      default:
    }
  }

  noteVote(inTerm: number, candidate: number): void {
    const before = this.votes.get(inTerm);
    if (before !== undefined) expect(candidate, `one vote in term ${String(inTerm)}`).toBe(before);
    this.votes.set(inTerm, candidate);
  }

  restart(isSameBoot: boolean, isGranted: boolean): void {
    this.state = initialState;
    if (!isSameBoot) this.nowMs = 5000;
    this.give({
      kind: 'start',
      durable: this.durable,
      isMemoryComplete: true,
      isSameBoot,
      cluster: { granted: isGranted, owner: null, term: null },
    });
  }

  agree(from: MemberId): void {
    const { election, round } = this.state;
    const [command, request] =
      election === null
        ? (['ack', round?.command ?? 'heartbeat'] as const)
        : (['vote-for', 'req-vote'] as const);
    this.give({
      kind: 'message',
      message: {
        from,
        command,
        request,
        options: round?.nonce ?? 0,
        reason: 'none',
        result: 'success',
        leader: request === 'revoke' ? null : this.self.id,
        term: election?.term ?? this.state.term,
        validForMs: 0,
        isMarked: true,
      },
    });
  }

  happen(event: Event): void {
    switch (event.kind) {
      case 'input':
        return this.give(event.input);
      case 'outcome':
        return this.give({
          kind: 'committed',
          sequence: this.state.commit.sequence,
          failure: event.failure,
        });
      case 'message': {
        const { options, ...message } = event.message;
        const right = this.state.round?.nonce ?? this.state.startUp?.nonce ?? 0;
        return this.give({
          kind: 'message',
          message: { ...message, options: options === 'right' ? right : options },
        });
      }
      case 'wait':
        this.nowMs += event.spanMs;
        return this.give({ kind: 'wake' });
      case 'agree':
        return this.agree(event.from);
      case 'reign':
        this.give({ kind: 'grant', request: 99, isForced: true, isWaitingForCommit: true });
        this.agree(C.id);
        this.agree(C.id);
        return this.happen({ kind: 'outcome', failure: null });
      case 'due':
        if (this.wakeAt === null) return;
        this.nowMs = Math.max(this.nowMs, this.wakeAt);
        return this.give({ kind: 'wake' });
      case 'journal':
        this.isJournalUsable = event.isUsable;
        return;
      case 'restart':
        return this.restart(event.isSameBoot, event.isGranted);
    }
  }
}

const runs = (self: RingMember, numRuns: number): void => {
  fc.assert(
    fc.property(setups, fc.array(events, { maxLength: 60 }), (setup, list) => {
      const run = new Run(setup, self);
      run.restart(true, false);
      for (const event of list) run.happen(event);
    }),
    { numRuns, seed: 42 },
  );
};

test('any sequence of inputs at a site keeps every word that was said', () => {
  runs(A, 1500);
});

test('any sequence of inputs at an arbitrator: it answers, and never leads', () => {
  fc.assert(
    fc.property(setups, fc.array(events, { maxLength: 60 }), (setup, list) => {
      const run = new Run(setup, { ...A, role: 'arbitrator' });
      run.restart(true, false);
      for (const event of list) {
        run.happen(event);
        expect(run.state.role).not.toBe('leader');
        expect(run.state.lease).toBeNull();
      }
    }),
    { numRuns: 500, seed: 42 },
  );
});

test('the drawn sequences do reach leaders, followers, candidates and every command', () => {
  const roles = new Set<string>();
  const said = new Set<string>();
  fc.assert(
    fc.property(setups, fc.array(events, { maxLength: 60 }), (setup, list) => {
      const run = new Run(setup, A);
      const look = run.look.bind(run);
      run.look = (effects) => {
        look(effects);
        for (const one of effects) if (one.kind === 'send') said.add(one.message.command);
      };
      run.restart(true, false);
      for (const event of list) {
        run.happen(event);
        roles.add(run.state.role);
        if (run.state.lease !== null) roles.add('lease');
      }
    }),
    { numRuns: 1500, seed: 7 },
  );
  expect([...roles].sort()).toEqual(['candidate', 'follower', 'init', 'leader', 'lease']);
  expect([...said].sort()).toEqual([...commands].sort());
});
