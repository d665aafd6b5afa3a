/** Mutants that bring back what booth-protocol 9.2 and 9.3 tell of booth, where no other file has them. */
import type { Mutant } from './mutant.ts';

export const historyMutants: readonly Mutant[] = [
  {
    name: 'repeats-without-a-reason',
    rule: 'R15',
    recreates:
      "9.2.3: a candidate repeats its vote request without the reason, which voters take for an operator's",
    edits: [
      {
        file: 'core/ticket/election.ts',
        find: 'voteRequest(turn, election.reason), isSelective',
        replace: "voteRequest(turn, 'none'), isSelective",
      },
    ],
    scenarios: ['grant-finds-nobody-first'],
    seeds: 0,
    checkers: ['terms-and-votes'],
  },
  {
    name: 'hearsay-makes-acquire',
    rule: 'R15',
    recreates:
      '9.2.5: a stale answer that names its receiver as the leader makes it acquire the ticket, revoked or not',
    edits: [
      {
        file: 'core/ticket/learn.ts',
        find: '  if (leader === null || leader === self.id || !isSiteId(context, leader)) return;',
        replace:
          "  if (leader === self.id && message.validForMs > 0 && turn.state.role !== 'leader') {\n    const holder = { kind: 'member', id: self.id, term: message.term, isReleased: false } as const;\n    change(turn, { holder, plannedElection: { at: now, reason: 'reacquire' } });\n  }\n  if (leader === null || leader === self.id || !isSiteId(context, leader)) return;",
      },
    ],
    scenarios: ['stale-status', 'told-that-it-leads'],
    seeds: 0,
    checkers: ['revoked'],
  },
  {
    name: 'old-votes-leak',
    rule: 'R15',
    recreates:
      '9.2.4: a voter answers a question with whom it once voted for, and who asks takes that for a ticket that was lost (nobody refuses it for the revoke, either)',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: 'const leader = isHere ? context.self.id : liveHolder(state, context.now);',
        replace:
          'const leader = isHere\n    ? context.self.id\n    : (liveHolder(state, context.now) ?? state.vote?.candidate ?? null);',
      },
      {
        file: 'core/ticket/learn.ts',
        find: 'if (message.validForMs <= 0 || isBusy(turn)) return;',
        replace:
          "if (isBusy(turn)) return;\n  if (message.validForMs <= 0 && turn.state.plannedElection === null) {\n    const holder = { kind: 'member', id: leader, term: message.term, isReleased: false } as const;\n    change(turn, { holder, plannedElection: { at: now, reason: 'ticket-lost' } });\n    return;\n  }",
      },
      {
        file: 'core/ticket/vote.ts',
        find: "if (state.holder.kind === 'nobody' && !isOperatorAsking(turn, message)) {",
        replace: "if (state.holder.kind === 'unknown' && context.now < 0) {",
      },
    ],
    scenarios: ['restart-after-a-revoke'],
    seeds: 0,
    checkers: ['revoked'],
  },
  {
    name: 'heartbeat-beats-a-promise',
    rule: 'R5',
    recreates: '9.2.7: a heartbeat is obeyed while the promise to another site lives',
    edits: [
      {
        file: 'core/ticket/follow.ts',
        find: 'if (binding !== null) {',
        replace: 'if (binding !== null && binding.term > message.term) {',
      },
    ],
    scenarios: ['heartbeat-under-a-promise'],
    seeds: 0,
    checkers: ['promises'],
  },
  {
    name: 'any-member-leads',
    rule: 'R5',
    recreates: '9.2.7: a heartbeat is obeyed whoever sends it, an arbitrator for instance',
    edits: [
      {
        file: 'core/ticket/follow.ts',
        find: "  if (!isSiteId(context, message.from)) return refuse(turn, message, 'not-a-site');\n",
        replace: '',
      },
    ],
    scenarios: ['heartbeat-of-an-arbitrator'],
    seeds: 0,
    checkers: ['terms-and-votes'],
  },
  {
    name: 'second-grant-clears-the-delay',
    rule: 'R17',
    recreates:
      '9.3.3: a second grant is refused during an election, and takes the commit delay of the first with it',
    edits: [
      {
        file: 'core/ticket/grant.ts',
        find: 'if (refusal !== null) return answer(turn, request, refusal, true);',
        replace:
          'if (refusal !== null) {\n    change(turn, { commit: { ...state.commit, notBefore: null } });\n    return answer(turn, request, refusal, true);\n  }',
      },
    ],
    scenarios: ['unreachable-site-asked-twice'],
    seeds: 0,
    checkers: ['unreachable-sites'],
  },
  {
    name: 'grant-executed-again',
    rule: 'R17',
    recreates:
      '9.3.1: a waiting grant is executed once more when its client is gone, as the stock one is after some intermediate answers, and so loses its commit delay',
    edits: [
      {
        file: 'core/ticket/election.ts',
        find: "  if (grantRequest !== null) answer(turn, grantRequest.id, 'more', false);\n  if (election.reason === 'admin' && grantRequest === null) return;",
        replace:
          "  if (grantRequest !== null) {\n    answer(turn, grantRequest.id, 'more', false);\n    change(turn, { commit: { ...turn.state.commit, notBefore: null } });\n  }\n  if (election.reason === 'admin' && grantRequest === null) return;",
      },
    ],
    scenarios: ['grant-finds-nobody-first'],
    seeds: 0,
    checkers: ['unreachable-sites'],
  },
  {
    name: 'hang-up-executes-again',
    rule: 'R17',
    recreates:
      '9.3.1: a waiting request is executed once more when its client hangs up, and its end is told ' +
      "to the connection that is gone (the edit is in the simulator's stand-in for the sockets: " +
      'nothing in the member hears of the end of a connection)',
    edits: [
      {
        file: 'test/simulation/clients.ts',
        find: 'hangUp: () => onGone(connection) };',
        replace: 'hangUp: () => (onGone(connection), handUp()) };',
      },
    ],
    scenarios: ['client-hangs-up'],
    seeds: 0,
    checkers: ['answers'],
  },
  {
    name: 'hang-up-clears-the-delay',
    rule: 'R17',
    recreates:
      '9.3.1: executed again, the grant is refused because of itself, and that clears its commit ' +
      'delay: it is committed although a site was never reached',
    edits: [
      {
        file: 'test/simulation/clients.ts',
        find: 'hangUp: () => onGone(connection) };',
        replace: 'hangUp: () => (onGone(connection), handUp()) };',
      },
      {
        file: 'core/ticket/grant.ts',
        find: 'if (refusal !== null) return answer(turn, request, refusal, true);',
        replace:
          'if (refusal !== null) {\n    change(turn, { commit: { ...state.commit, notBefore: null } });\n    return answer(turn, request, refusal, true);\n  }',
      },
    ],
    scenarios: ['client-hangs-up'],
    seeds: 0,
    checkers: ['unreachable-sites'],
  },
  {
    name: 'revoke-given-up',
    rule: 'R15',
    recreates:
      '9.2.15: a revoke is repeated a few times only; a site that missed it stands for the ticket, and a voter that forgot helps it',
    edits: [
      {
        file: 'core/ticket/round.ts',
        find: "const resendsLeft = round.command === 'revoke' ? round.resendsLeft : round.resendsLeft - 1;",
        replace: 'const resendsLeft = round.resendsLeft - 1;',
      },
      {
        file: 'core/ticket/vote.ts',
        find: "if (state.holder.kind === 'nobody' && !isOperatorAsking(turn, message)) {",
        replace: "if (state.holder.kind === 'unknown' && context.now < 0) {",
      },
    ],
    scenarios: ['revoke-not-heard-for-long'],
    seeds: 0,
    checkers: ['revoked'],
  },
  {
    name: 'forgotten-and-acked',
    rule: 'R7',
    recreates:
      'a fault of ours: who has lost its memory counts among those who remember a revoke, and so it is ' +
      'told as done though somebody was elected since',
    edits: [
      {
        file: 'core/ticket/revoke.ts',
        find: 'if (isAbstaining(turn.state, turn.context.now)) return;',
        replace: 'if (isAbstaining(turn.state, turn.context.now) && turn.context.now < 0) return;',
      },
    ],
    scenarios: ['revoke-acked-without-memory'],
    seeds: 0,
    checkers: ['revoked'],
  },
];
