/**
 * A host in need must not make the guard late, nor end it. What the guard starts, the stop actions,
 * inherits this. Without the privilege it does with what it has.
 */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The lowest: the kernel ends everybody else first when memory runs out. */
const OOM_SCORE_ADJUSTMENT = '-1000';

/** For this process: it is run first, and ended last. */
export function takePrecedence(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Not root.
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', OOM_SCORE_ADJUSTMENT);
  } catch {
    // Not root, or no Linux.
  }
}
