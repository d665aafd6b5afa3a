/**
 * What the client of a grant or revoke does about each answer (booth-protocol 4.3, 4.4, 5.4). Pure:
 * an answer and what was seen before give a reaction.
 *
 * Differs from booth: after the third interim answer without `-w` it exits with 3, not 0.
 * Differs from booth: a grant never follows a redirect (the named site would get the ticket, not
 * the one the operator chose) and never takes "not owned" for success.
 */
import type { MemberId } from '../../base/member-id.ts';
import type { ResultCode } from '../../wire/message.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';

export interface AskedChange {
  readonly change: 'grant' | 'revoke';
  /** As typed, or the only ticket of the configuration. */
  readonly ticket: string;
  readonly isWaiting: boolean;
  readonly isWaitingForCommit: boolean;
}

/** How a change ended, as `--output-format json` calls it. */
export type ChangeOutcome =
  'succeeded' | 'commit-pending' | 'not-owned' | 'accepted' | 'undecided' | 'failed';

export type ChangeReaction =
  | { readonly kind: 'wait'; readonly comment: string | null }
  | { readonly kind: 'redirect'; readonly to: MemberId }
  | ChangeEnd;

export interface ChangeEnd {
  readonly kind: 'end';
  readonly outcome: ChangeOutcome;
  readonly exit: ExitCode;
  readonly level: 'info' | 'error';
  readonly comment: string;
}

/** The third interim answer ends a request that does not wait. */
const MAX_INTERIM_ANSWERS = 3;
/** A ring passes a request on at most once; more means members that disagree about the leader. */
export const MAX_REDIRECTS = 3;

/** What came in before this answer, over all connections of the request. */
export interface ChangeProgress {
  readonly interimAnswers: number;
}

/** Judges one answer. `interimAnswers` does not count this one. */
export function reactToAnswer(
  asked: AskedChange,
  answer: { readonly result: ResultCode; readonly leader: MemberId | null },
  progress: ChangeProgress,
): ChangeReaction {
  if (answer.result === 'more') return reactToInterim(asked, progress);
  if (answer.result === 'pending') return reactToPending(asked, progress);
  if (answer.result === 'redirect') return reactToRedirect(asked, answer.leader);
  return finalReaction(asked, answer.result);
}

function reactToInterim(asked: AskedChange, progress: ChangeProgress): ChangeReaction {
  const count = progress.interimAnswers + 1;
  if (asked.isWaiting || count < MAX_INTERIM_ANSWERS) {
    const comment = `${asked.change} request sent, waiting for the result ...`;
    return { kind: 'wait', comment: count === 1 ? comment : null };
  }
  return {
    kind: 'end',
    outcome: 'undecided',
    exit: exitCode.undecided,
    level: 'info',
    comment: `${asked.change} of ticket "${asked.ticket}" is not decided yet, giving up waiting; see "booth list" later, or use -w to wait`,
  };
}

function reactToPending(asked: AskedChange, progress: ChangeProgress): ChangeReaction {
  if (asked.isWaitingForCommit) {
    const comment = `${asked.change} accepted, waiting for the commit to the CIB ...`;
    return { kind: 'wait', comment: progress.interimAnswers === 0 ? comment : null };
  }
  return end('commit-pending', `${asked.change} succeeded, the commit to the CIB is pending`);
}

function reactToRedirect(asked: AskedChange, leader: MemberId | null): ChangeReaction {
  if (asked.change === 'grant') {
    return failedChange(
      `the site refers to another one; grant ticket "${asked.ticket}" there with -s, if that is meant`,
    );
  }
  return leader === null
    ? failedChange(
        `the site refers to a leader of ticket "${asked.ticket}" but names none; try again, or see "booth list"`,
      )
    : { kind: 'redirect', to: leader };
}

function finalReaction(asked: AskedChange, result: ResultCode): ChangeReaction {
  const { change, ticket } = asked;
  switch (result) {
    case 'success':
    case 'sync-success':
      return end('succeeded', `${change} succeeded`);
    case 'async':
      return end('accepted', `${change} request accepted, it will be answered asynchronously`);
    case 'ticket-idle':
      return change === 'revoke'
        ? end('not-owned', `ticket "${ticket}" is not owned by any site`)
        : failedChange(`the site answers a grant of ticket "${ticket}" with "not owned"`);
    case 'overgrant':
      return failedChange(
        `ticket "${ticket}" is already granted ("booth list" shows where); to move it to another site, revoke it first`,
      );
    case 'handler-failed':
      return failedChange(`before-acquire-handler of ticket "${ticket}" failed, ${change} denied`);
    case 'prerequisite-failed':
      return failedChange(`attr-prereq of ticket "${ticket}" is not met, ${change} denied`);
    case 'failed':
      return failedChange(
        `${change} failed: another grant, revoke or election of ticket "${ticket}" may be under way, or the cluster there refuses; the log of that member's daemon says which`,
      );
    default:
      return failedChange(describeFailure(result, { what: change, ticket, attribute: '' }));
  }
}

/** The words for a result that means failure whatever was asked. */
export function describeFailure(
  result: ResultCode,
  asked: { readonly what: string; readonly ticket: string; readonly attribute: string },
): string {
  if (result === 'invalid-argument') {
    return asked.ticket === ''
      ? `the site does not know the request "${asked.what}"`
      : `ticket "${asked.ticket}" does not exist`;
  }
  if (result === 'auth-failed') return 'failed to authenticate; compare the authfiles';
  if (result === 'no-attribute') return `attribute "${asked.attribute}" not set`;
  if (result === 'failed' || result === 'sync-fail') return `${asked.what} failed`;
  return `the site answers ${asked.what} with an unexpected code (${result})`;
}

const end = (outcome: ChangeOutcome, comment: string): ChangeEnd => ({
  kind: 'end',
  outcome,
  exit: exitCode.success,
  level: 'info',
  comment,
});

/** The change has failed, for the reason in the comment. */
export const failedChange = (comment: string): ChangeEnd => ({
  kind: 'end',
  outcome: 'failed',
  exit: exitCode.failure,
  level: 'error',
  comment,
});
