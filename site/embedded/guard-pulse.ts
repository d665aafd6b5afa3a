/**
 * Whether the guard still answers (R14). It is asked again and again, and counted in questions, not
 * by a clock: a daemon that was paused itself has asked nothing meanwhile and blames nobody.
 */

/** How often the guard is asked. */
export const ASK_EVERY_MS = 200;
/** With so many questions open when the next one is due it has hung: a second of silence at most. */
const OPEN_MAX = 4;

export interface GuardPulse {
  /** Questions without an answer. */
  readonly open: number;
}

export const freshPulse: GuardPulse = { open: 0 };

/** The next question is due; null: the guard has hung, and nothing is asked any more. */
export const afterAsking = ({ open }: GuardPulse): GuardPulse | null =>
  open >= OPEN_MAX ? null : { open: open + 1 };

/** An answer has come. */
export const afterAnswer = ({ open }: GuardPulse): GuardPulse => ({ open: Math.max(0, open - 1) });
