/** What the recorded operations of a resource say about it (pacemaker-scheduler 6). */
import { operationDigest } from '../cib/digest.ts';
import type { HistoryEntry } from '../cib/model.ts';
import { OP_STATUS } from '../cib/patch-history.ts';
import type { Failure } from './failures.ts';
import { failureOf, isExpired } from './failures.ts';
import type { Role } from './plan.ts';
import type { Member, Scene } from './scene.ts';
import { parametersOfMember } from './scene.ts';

export interface ResourceState {
  readonly role: Role;
  /** The failure that is still to be dealt with; null when there is none. */
  readonly failure: Failure | null;
  /** Why it cannot run here at all, whatever it does now; null when it can. */
  readonly ban: string | null;
  /** It runs with other parameters than it is configured with now. */
  readonly isOutdated: boolean;
  /** Recurring operations on record, interval in ms → digest. */
  readonly monitors: ReadonlyMap<number, string | null>;
}

interface Walk {
  readonly role: Role;
  readonly failure: Failure | null;
  readonly ban: string | null;
  readonly digest: string | null;
  readonly monitors: ReadonlyMap<number, string | null>;
}

const nothingKnown: Walk = {
  role: 'unknown',
  failure: null,
  ban: null,
  digest: null,
  monitors: new Map(),
};

/** Walks the operations in the order they ran, then adds what is under way. */
export function stateOf(scene: Scene, member: Member): ResourceState {
  const entries = scene.histories.get(member.primitive.id)?.operations ?? [];
  const walked = entries.reduce(
    (walk, entry) => afterEntry(walk, entry, { scene, member }),
    nothingKnown,
  );
  const role = roleWithInFlight(walked.role, scene.inFlight.get(member.primitive.id)?.operation);
  return {
    role,
    failure: role === 'started' ? walked.failure : null,
    ban: walked.ban,
    isOutdated: role === 'started' && isOutdated(scene, member, walked.digest),
    monitors: walked.monitors,
  };
}

function roleWithInFlight(role: Role, operation: string | undefined): Role {
  if (operation === 'start') return 'starting';
  return operation === 'stop' ? 'stopping' : role;
}

/** Started as another agent, or with other parameters, than are configured now. */
function isOutdated(scene: Scene, member: Member, digest: string | null): boolean {
  const ran = scene.histories.get(member.primitive.id);
  const { class: agentClass, provider, type } = member.primitive;
  const isOtherAgent =
    ran !== undefined &&
    (ran.class !== agentClass || ran.provider !== provider || ran.type !== type);
  return (
    isOtherAgent || (digest !== null && digest !== operationDigest(parametersOfMember(member)))
  );
}

interface Place {
  readonly scene: Scene;
  readonly member: Member;
}

function afterEntry(walk: Walk, entry: HistoryEntry, place: Place): Walk {
  if (entry.status === OP_STATUS.cancelled) return walk;
  if (entry.status === OP_STATUS.pending) return afterPending(walk, entry);
  switch (entry.operation) {
    case 'start':
      return afterStart(walk, entry, place);
    case 'stop':
      return afterStop(walk, entry, place);
    case 'monitor':
      return entry.intervalMs === 0
        ? afterProbe(walk, entry, place)
        : afterMonitor(walk, entry, place);
    default:
      return walk;
  }
}

/** What was under way when the CIB was written is not under way now: it is looked at again. */
function afterPending(walk: Walk, entry: HistoryEntry): Walk {
  if (entry.operation === 'start') return { ...walk, role: 'starting' };
  return entry.operation === 'stop' ? { ...walk, role: 'stopping' } : walk;
}

function afterStart(walk: Walk, entry: HistoryEntry, place: Place): Walk {
  if (!isSuccess(entry, [0])) return failed({ ...walk, role: 'started' }, entry, place);
  const { digest } = entry;
  return { role: 'started', failure: null, ban: null, digest, monitors: new Map() };
}

function afterStop(walk: Walk, entry: HistoryEntry, place: Place): Walk {
  const stopped: Walk = { ...walk, role: 'stopped', failure: null, monitors: new Map() };
  if (isSuccess(entry, [0])) return stopped;
  const next = failed({ ...walk, role: 'started' }, entry, place);
  return next.failure?.effect === 'ignore' ? stopped : next;
}

/** Not running and not installed are answers; a failure means it is there, in a bad way. */
function afterProbe(walk: Walk, entry: HistoryEntry, place: Place): Walk {
  const { digest } = entry;
  if (isSuccess(entry, [0, 190])) return { ...walk, role: 'started', failure: null, digest };
  if (isSuccess(entry, [7])) return { ...walk, role: 'stopped', failure: null };
  if (isSuccess(entry, [2, 5]) || entry.status === OP_STATUS.notInstalled) {
    return {
      ...walk,
      role: 'stopped',
      failure: null,
      ban: failureOf(place.scene, place.member, entry).text,
    };
  }
  return failed({ ...walk, role: 'started' }, entry, place);
}

function afterMonitor(walk: Walk, entry: HistoryEntry, place: Place): Walk {
  const monitors = new Map([...walk.monitors, [entry.intervalMs, entry.digest]]);
  const seen: Walk = { ...walk, role: 'started', monitors };
  if (!isSuccess(entry, [0, 190])) return failed(seen, entry, place);
  const isSameOperation =
    walk.failure?.operation === 'monitor' && walk.failure.intervalMs === entry.intervalMs;
  return isSameOperation ? { ...seen, failure: null } : seen;
}

/** A failure that has expired leaves only the role behind, an ignored one not even a trace. */
function failed(walk: Walk, entry: HistoryEntry, { scene, member }: Place): Walk {
  const failure = failureOf(scene, member, entry);
  if (isExpired(scene, member, failure)) return walk;
  const worst =
    walk.failure === null || rank(failure) >= rank(walk.failure) ? failure : walk.failure;
  const isBanned = failure.isHard && failure.effect !== 'ignore';
  return { ...walk, failure: worst, ban: isBanned ? failure.text : walk.ban };
}

/** Which of several failures of one resource decides (pacemaker-scheduler 7). */
const ranks = ['ignore', 'restart', 'block', 'stop', 'standby'];
const rank = (failure: Failure): number => ranks.indexOf(failure.effect);

/** A status of done or error leaves the judgement to the code. */
const isSuccess = (entry: HistoryEntry, codes: readonly number[]): boolean =>
  (entry.status === OP_STATUS.done || entry.status === OP_STATUS.error) &&
  codes.includes(entry.returnCode);
