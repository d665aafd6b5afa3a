/** Mutants of elections and of what is remembered of them: R3, R4, R7, R9, R11. */
import type { Mutant } from './mutant.ts';

export const voteMutants: readonly Mutant[] = [
  {
    name: 'ack-before-fsync',
    rule: 'R3',
    recreates: 'acks and votes leave before what they rest on is on disk',
    edits: [
      {
        file: 'core/io/effect-queue.ts',
        find: "    case 'send':\n    case 'answer':",
        replace: "    case 'send':\n      return false;\n    case 'answer':",
      },
    ],
    scenarios: ['power-fails-before-the-fsync'],
    seeds: 0,
  },
  {
    name: 'ack-after-a-failed-write',
    rule: 'R3',
    recreates: 'a write that failed is taken for one that is done',
    edits: [
      {
        file: 'core/io/run-member.ts',
        find: 'gate.isFailed = failure !== null;\n    if (failure !== null) loseJournal(loop, failure.message);',
        replace: 'gate.isFailed = false;',
      },
    ],
    scenarios: ['disk-fails'],
    seeds: 0,
  },
  {
    name: 'vote-twice-in-a-term',
    rule: 'R4',
    recreates: 'a member votes for whoever asks, as often as asked, in one term',
    edits: [
      {
        file: 'core/ticket/vote.ts',
        find: 'const given = state.vote !== null && state.vote.term >= message.term ? state.vote : null;',
        replace:
          'const given = state.vote !== null && state.vote.term > message.term ? state.vote : null;',
      },
    ],
    seeds: 30,
  },
  {
    name: 'votes-are-not-remembered',
    rule: 'R4',
    recreates: 'a restart forgets the vote, and the term is voted in again',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: 'change(turn, durable);\n',
        replace: 'change(turn, { ...durable, vote: null });\n',
      },
    ],
    seeds: 30,
  },
  {
    name: 'following-is-no-vote',
    rule: 'R4',
    recreates: 'whoever follows a leader of a term still has a vote to give in it',
    edits: [
      {
        file: 'core/ticket/follow.ts',
        find: 'vote: isVoteNewer ? { term: message.term, candidate: message.from } : state.vote,',
        replace: 'vote: isVoteNewer ? null : state.vote,',
      },
    ],
    scenarios: ['acked-and-then-asked'],
    checkers: ['terms-and-votes'],
    seeds: 0,
  },
  {
    name: 'arbitrator-forgets',
    rule: 'R7',
    recreates: 'an arbitrator knows nothing of its promises after a restart, and votes at once',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: 'if (input.durable !== null) restore(turn, input.durable, input.isSameBoot);\n  if (input.durable === null || !input.isMemoryComplete) abstain(turn);',
        replace:
          'if (input.durable !== null && isSite(context)) restore(turn, input.durable, input.isSameBoot);',
      },
    ],
    scenarios: ['flip-over-a-restart'],
    seeds: 0,
  },
  {
    name: 'no-memory-no-abstention',
    rule: 'R7',
    recreates: 'a member that lost its state votes at once',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: "if (members.length < 2 || config.mode === 'manual') return;",
        replace: "if (members.length > 0 || config.mode === 'manual') return;",
      },
    ],
    scenarios: ['flip-over-lost-memory'],
    seeds: 0,
  },
  {
    name: 'reboot-taken-for-a-restart',
    rule: 'R7',
    recreates: 'after a reboot the old instants are read on the new boot clock',
    edits: [
      {
        file: 'core/member/remember.ts',
        find: '[...writtenBoots.values()].every((boot) => boot === bootId)',
        replace: '[...writtenBoots.values()].length >= 0',
      },
    ],
    scenarios: ['holder-reboots-alone'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'torn-tail-accepted',
    rule: 'R7',
    recreates:
      'a damaged journal is taken for one whose last write was torn: what stood behind the damage ' +
      'is forgotten, and nobody abstains',
    edits: [
      {
        file: 'core/io/journal-format.ts',
        find: 'return mayBeTorn && !hasGoodFrame\n',
        replace: 'return mayBeTorn || hasGoodFrame || !hasGoodFrame\n',
      },
    ],
    scenarios: ['flip-over-damaged-memory'],
    seeds: 0,
  },
  {
    name: 'torn-frame-believed',
    rule: 'R7',
    recreates:
      'the half of a frame that was being written when the process died is read for what it says: ' +
      'the vote in it counts, and the promise that it cut off is gone',
    edits: [
      {
        file: 'core/io/journal-format.ts',
        find: '    if (found === null) return { header,',
        replace: `    if (found === null) {
      const half = new TextDecoder().decode(bytes.subarray(line.atByte));
      const cut = half.lastIndexOf(',"promise"');
      const rest = ',"promise":null,"lease":null,"drainUntil":null,"abstainUntil":null}]';
      if (cut > 0) entries.push(...JSON.parse(half.slice(half.indexOf('['), cut) + rest));
    }
    if (found === null) return { header,`,
      },
    ],
    scenarios: ['flip-over-a-torn-write'],
    seeds: 0,
    checkers: ['mutual-exclusion', 'promises'],
  },
  {
    name: 'terms-go-back',
    rule: 'R11',
    recreates: 'a heartbeat of an older term is followed',
    edits: [
      {
        file: 'core/ticket/follow.ts',
        find: 'if (message.term < state.term && message.isMarked) {',
        replace: 'if (message.term < 0 && message.isMarked) {',
      },
    ],
    scenarios: ['heartbeat-of-an-older-term'],
    seeds: 20,
  },
  {
    name: 'wild-terms-are-taken',
    rule: 'R11',
    recreates: 'a member takes part in whatever term it hears of, be it the last there is',
    edits: [
      {
        file: 'core/ticket/step.ts',
        find: 'message.term - turn.state.term > MAX_TERM_JUMP',
        replace: 'message.term - turn.state.term > 4 * MAX_TERM_JUMP',
      },
    ],
    scenarios: ['wild-term'],
    seeds: 0,
    checkers: ['terms-and-votes'],
  },
  {
    name: 'waits-for-the-dead',
    rule: 'R12',
    recreates: 'an election that a quorum has decided waits for those who do not answer',
    edits: [
      {
        file: 'core/ticket/election.ts',
        find: 'if (mine >= needed && (missing === 0 || isOver || isWholeRingMarked(context)))',
        replace: 'if (mine >= needed && (missing === 0 || isOver))',
      },
    ],
    scenarios: ['dead-arbitrator'],
    seeds: 0,
  },
  {
    name: 'auth-skipped',
    rule: 'auth',
    recreates: 'a datagram that is not signed is taken in a ring that has a key',
    edits: [
      {
        file: 'core/wire/decode-datagram.ts',
        find: 'const mac = key === null ? ok(null) :',
        replace: 'const mac = key === null || bytes.length === TICKET_MESSAGE_BYTES ? ok(null) :',
      },
    ],
    scenarios: ['forged-without-a-key'],
    seeds: 0,
  },
  {
    name: 'unknown-hash-accepted',
    rule: 'auth',
    recreates: 'a MAC of a hash id that nobody knows is not compared with anything',
    edits: [
      {
        file: 'core/wire/authentication.ts',
        find: "!== HASH_ID_SHA1) return err('bad-hash-id');",
        replace: "!== HASH_ID_SHA1) return ok('');",
      },
    ],
    scenarios: ['forged-with-an-unknown-hash'],
    seeds: 0,
  },
  {
    name: 'mac-not-compared',
    rule: 'auth',
    recreates: 'any MAC is good',
    edits: [
      {
        file: 'core/wire/authentication.ts',
        find: "if (!isGenuine || view.getUint32(trailerOffset + TRAILER.padding) !== 0) return err('bad-mac');",
        replace: "if (!isGenuine && isGenuine) return err('bad-mac');",
      },
    ],
    scenarios: ['forged-with-another-key'],
    seeds: 0,
  },
];
