/**
 * When the document is written, and who waits for it. A change of who holds a ticket, and a geo
 * attribute, are answered when they are on disk. Everything else is written a little later: results
 * of operations are looked up anew after a restart, and a renewal (only owner, expires, term) that is
 * lost leaves an older `expires`, which makes a restarted site more careful, never less.
 */
import { after } from '../../core/base/instant.ts';
import type { Problem } from '../../core/base/problem.ts';
import type { CommitOutcome } from '../../core/member/ports.ts';
import type { WaitingRequest } from './state.ts';
import { foldRenewals } from './ticket-store.ts';
import type { Turn } from './turn.ts';
import { emit, LAZY_WRITE_MS, log } from './turn.ts';

/** Asks for a write where one is due: at once when somebody waits, else when the delay is over. */
export function askForWrite(turn: Turn): void {
  const { lazyAt } = turn.state.disk;
  const isLazyDue = lazyAt !== null && lazyAt <= turn.moment.now;
  if (!turn.isWriteUrgent && !isLazyDue) return;
  foldRenewals(turn);
  const { disk, document } = turn.state;
  const { revision } = disk;
  turn.isWriteUrgent = false;
  turn.state = { ...turn.state, disk: { ...disk, askedRevision: revision, lazyAt: null } };
  if (disk.askedRevision < revision || isLazyDue) emit(turn, { kind: 'write', revision, document });
}

/** Puts a request on the list, or answers it when all it needs is on disk. */
export function awaitDisk(turn: Turn, request: WaitingRequest): void {
  const { disk } = turn.state;
  turn.state = { ...turn.state, disk: { ...disk, waiting: [...disk.waiting, request] } };
  if (neededRevision(request) > disk.writtenRevision) turn.isWriteUrgent = true;
  else settleWaiting(turn, disk.writtenRevision, null);
}

/** A write has ended: requests it decides are answered. */
export function noteWritten(turn: Turn, revision: number, failure: Problem | null): void {
  const { disk } = turn.state;
  if (failure === null) {
    if (disk.isFailing)
      log(turn, 'info', 'cib-written', { message: 'the cib can be written again' });
    const writtenRevision = Math.max(disk.writtenRevision, revision);
    turn.state = { ...turn.state, disk: { ...disk, writtenRevision, isFailing: false } };
  } else {
    if (!disk.isFailing) {
      log(turn, 'error', 'cib-not-written', {
        message: `${failure.message}; grants are refused until it can be written`,
      });
    }
    turn.state = {
      ...turn.state,
      disk: {
        ...disk,
        isFailing: true,
        askedRevision: disk.writtenRevision,
        lazyAt: disk.lazyAt ?? after(turn.moment.now, LAZY_WRITE_MS),
      },
    };
  }
  settleWaiting(turn, revision, failure);
}

/** Answers all that the write up to `revision` decides. */
function settleWaiting(turn: Turn, revision: number, failure: Problem | null): void {
  const { disk } = turn.state;
  const isDecided = (request: WaitingRequest): boolean =>
    neededRevision(request) <= Math.max(disk.writtenRevision, revision);
  const decided = disk.waiting.filter(isDecided);
  if (decided.length === 0) return;
  const waiting = disk.waiting.filter((request) => !isDecided(request));
  turn.state = { ...turn.state, disk: { ...disk, waiting } };
  for (const request of decided) {
    if (request.kind === 'commit') {
      const late = request.tickets.map(({ ticket, revision: needed }): CommitOutcome => ({
        ticket,
        failure: needed <= disk.writtenRevision ? null : failure,
      }));
      const outcomes = [...request.settled, ...late];
      emit(turn, { kind: 'settle-commit', request: request.request, outcomes });
    } else {
      const isWritten = request.revision <= disk.writtenRevision;
      const outcome = isWritten ? null : failure;
      emit(turn, { kind: 'settle-attribute', request: request.request, failure: outcome });
    }
  }
}

const neededRevision = (request: WaitingRequest): number =>
  request.kind === 'attribute'
    ? request.revision
    : Math.max(0, ...request.tickets.map(({ revision }) => revision));
