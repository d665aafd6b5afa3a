/**
 * What a failed operation means for a resource on this host (pacemaker-scheduler 7). There is no
 * fencing here: `on-fail=fence` keeps the resource down, as Pacemaker does without fencing, and a
 * failed stop blocks.
 */
import { failCount, lastFailureEpochS } from '../cib/fail-count.ts';
import { parseDurationMs } from '../cib/duration.ts';
import type { Cib, HistoryEntry, OnFail } from '../cib/model.ts';
import { parseScore, SCORE_INFINITY } from '../cib/number.ts';
import { OP_STATUS } from '../cib/patch-history.ts';
import type { Member, Scene } from './scene.ts';
import { metaOf } from './scene.ts';

export interface Failure {
  readonly operation: string;
  readonly intervalMs: number;
  readonly atEpochS: number | null;
  readonly effect: FailureEffect;
  /** The agent said that it cannot run here at all (commands 9.1: hard and fatal codes). */
  readonly isHard: boolean;
  /** For people: which operation failed, and how. */
  readonly text: string;
}

/** `standby` empties the whole host; `block` leaves the resource as it is. */
export type FailureEffect = 'ignore' | 'restart' | 'stop' | 'block' | 'standby';

/** Agents' codes by name, for messages (commands 9.1). */
const codeNames: ReadonlyMap<number, string> = new Map([
  [0, 'running'],
  [1, 'error'],
  [2, 'invalid parameter'],
  [3, 'unimplemented'],
  [4, 'insufficient privileges'],
  [5, 'not installed'],
  [6, 'not configured'],
  [7, 'not running'],
  [8, 'promoted'],
  [9, 'failed promoted'],
]);

/** The failure an entry of the history records. */
export const failureOf = (scene: Scene, member: Member, entry: HistoryEntry): Failure => ({
  operation: entry.operation,
  intervalMs: entry.intervalMs,
  atEpochS: entry.lastChangeEpochS,
  effect: failureEffect(scene.cib, member, entry),
  isHard: isHard(entry),
  text: failureText(entry),
});

/** A failure older than the resource's failure-timeout; a failed stop never grows old. */
export function isExpired(scene: Scene, member: Member, failure: Failure): boolean {
  if (failure.effect === 'block' && failure.operation === 'stop') return false;
  const expiresAt = expiryEpochS(scene, member, failure.atEpochS);
  return expiresAt !== null && expiresAt <= scene.context.nowEpochS;
}

/** Why too many failures keep the resource from this host; null when they do not. */
export function thresholdBan(scene: Scene, member: Member): string | null {
  const threshold = parseScore(metaOf(scene.cib, member, 'migration-threshold') ?? 'INFINITY');
  const count = currentFailCount(scene, member);
  if (threshold === null || threshold <= 0 || count < threshold) return null;
  return count >= SCORE_INFINITY
    ? 'a failure that is final here, clean it up to try again'
    : `${count} failures (migration-threshold ${threshold})`;
}

/** Whether the resource has fail counts that have all grown old. */
export function hasExpiredCount(scene: Scene, member: Member): boolean {
  const id = member.primitive.id;
  return (
    scene.nodeState !== null &&
    failCount(scene.nodeState, id) > 0 &&
    currentFailCount(scene, member) === 0
  );
}

/** When the resource's newest failure will be forgotten; null when it has none or never. */
export function nextExpiryEpochS(scene: Scene, member: Member): number | null {
  const last =
    scene.nodeState === null ? null : lastFailureEpochS(scene.nodeState, member.primitive.id);
  const expiresAt = expiryEpochS(scene, member, last);
  return expiresAt !== null && expiresAt > scene.context.nowEpochS ? expiresAt : null;
}

function currentFailCount(scene: Scene, member: Member): number {
  if (scene.nodeState === null) return 0;
  const id = member.primitive.id;
  const expiresAt = expiryEpochS(scene, member, lastFailureEpochS(scene.nodeState, id));
  if (expiresAt !== null && expiresAt <= scene.context.nowEpochS) return 0;
  return failCount(scene.nodeState, id);
}

function expiryEpochS(scene: Scene, member: Member, atEpochS: number | null): number | null {
  const text = metaOf(scene.cib, member, 'failure-timeout');
  const timeoutMs = text === null ? null : parseDurationMs(text);
  if (atEpochS === null || timeoutMs === null || timeoutMs <= 0) return null;
  return atEpochS + timeoutMs / 1000;
}

/** What on-fail makes of a failure of the operation. */
export function failureEffect(
  cib: Cib,
  { primitive }: Member,
  failed: { readonly operation: string; readonly intervalMs: number },
): FailureEffect {
  const configured = primitive.operations.find(
    ({ name, intervalMs, isEnabled }) =>
      isEnabled && name === failed.operation && intervalMs === failed.intervalMs,
  );
  const onFail = configured?.onFail ?? onFailWord(cib.operationDefaults.get('on-fail'));
  if (failed.operation === 'stop') return onFail === 'ignore' ? 'ignore' : 'block';
  return onFail === null ? 'restart' : withoutFencing[onFail];
}

/** What is left of each word on a host of its own. */
const withoutFencing: Readonly<Record<OnFail, FailureEffect>> = {
  ignore: 'ignore',
  block: 'block',
  stop: 'stop',
  restart: 'restart',
  fence: 'stop',
  standby: 'standby',
  demote: 'restart',
  'restart-container': 'restart',
};

const onFailWord = (text: string | undefined): OnFail | null =>
  text !== undefined && Object.hasOwn(withoutFencing, text) ? (text as OnFail) : null;

/** Codes after which trying again here is in vain. A monitor's 3 is only counted (commands 9.1). */
function isHard(entry: HistoryEntry): boolean {
  if (entry.operation === 'stop') return false;
  if (hardStatuses.has(entry.status)) return true;
  if (entry.status !== OP_STATUS.done && entry.status !== OP_STATUS.error) return false;
  if (entry.operation === 'start') return entry.returnCode >= 2 && entry.returnCode <= 6;
  return [2, 4, 5, 6].includes(entry.returnCode);
}

const hardStatuses: ReadonlySet<number> = new Set([
  OP_STATUS.hardError,
  OP_STATUS.fatalError,
  OP_STATUS.notInstalled,
  10,
  11,
]);

function failureText(entry: HistoryEntry): string {
  const what = entry.intervalMs === 0 && entry.operation === 'monitor' ? 'probe' : entry.operation;
  const name = codeNames.get(entry.returnCode);
  const code = `code ${entry.returnCode}${name === undefined ? '' : `, ${name}`}`;
  const how = entry.status === OP_STATUS.timeout ? 'timed out' : `failed (${code})`;
  return `${what} ${how}${entry.exitReason === '' ? '' : `: ${entry.exitReason}`}`;
}
