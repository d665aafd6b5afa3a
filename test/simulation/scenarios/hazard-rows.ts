/**
 * The rows of booth-protocol 9.2 and 9.3 that were reproduced with booth: what it would take to have
 * each here, and what tells it anew. Directed plans name their rows themselves.
 */
export type HazardRow =
  /** Brought back by these mutants, and caught in a directed plan of the row. */
  | { readonly mutants: readonly string[] }
  /** Not a matter of simulated rings: tests of the parts that it is about. */
  | { readonly tests: readonly TestPlace[] };

export interface TestPlace {
  /** From the top of the repository. */
  readonly file: string;
  readonly title: string;
}

const clientHazards = 'test/processes/client-hazards.test.ts';
const clientPrograms = 'test/core/cli/client-programs.test.ts';

export const hazardRows: Readonly<Record<string, HazardRow>> = {
  '9.2.1': { mutants: ['lease-from-acks', 'lease-from-the-resend'] },
  '9.2.2': { mutants: ['voter-acquires-a-revoked-ticket'] },
  '9.2.3': { mutants: ['repeats-without-a-reason', 'revoke-is-forgotten'] },
  '9.2.4': { mutants: ['old-votes-leak'] },
  '9.2.5': { mutants: ['hearsay-makes-acquire'] },
  '9.2.6': { mutants: ['stale-step-down', 'step-down-bypasses-a-promise'] },
  '9.2.7': { mutants: ['heartbeat-beats-a-promise', 'any-member-leads'] },
  '9.2.8': { mutants: ['higher-term-and-no-revoke'] },
  '9.2.9': { mutants: ['terms-go-back'] },
  '9.2.10': { mutants: ['arbitrator-forgets'] },
  '9.2.11': { mutants: ['no-drain'] },
  // A key of booth.conf; and that a span given there is not lost without a word.
  '9.2.12': {
    tests: [
      {
        file: 'test/core/config/parse.test.ts',
        title: 'hands on what booth hands on, and nothing else',
      },
    ],
  },
  '9.2.13': { mutants: ['no-drain'] },
  '9.2.14': { mutants: ['lease-cut-to-whole-seconds'] },
  '9.2.15': { mutants: ['revoke-given-up'] },
  '9.2.16': { mutants: ['commit-with-the-votes'] },
  '9.3.1': {
    mutants: ['hang-up-executes-again', 'hang-up-clears-the-delay', 'grant-executed-again'],
  },
  // Connections and the numbers they are known by.
  '9.3.2': {
    tests: [
      {
        file: clientHazards,
        title: '9.3.1–9.3.3: a waiting grant whose client hangs up goes on, once, with its delay',
      },
      {
        file: 'test/core/member/client.test.ts',
        title: '9.3.2 an answer goes to the connection that asked, whatever else was opened since',
      },
    ],
  },
  '9.3.3': { mutants: ['second-grant-clears-the-delay'] },
  // Exit codes of the clients.
  '9.3.4': {
    tests: [
      { file: clientPrograms, title: '9.3.4: grant that is not decided in time' },
      { file: clientPrograms, title: '9.3.4: revoke of an idle ticket' },
    ],
  },
  // Sockets.
  '9.3.5': {
    tests: [
      { file: clientHazards, title: '9.3.5: a client that closes its side gets every answer' },
    ],
  },
  '9.3.6': {
    tests: [
      {
        file: clientHazards,
        title: '9.3.6: 300 connections that say nothing, or half of something, disturb nobody',
      },
    ],
  },
};
