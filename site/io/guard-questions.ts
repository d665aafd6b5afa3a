/** Asks the guard again and again whether it is there, on the connection with it. */
import type { Socket } from 'node:net';
import { afterAnswer, afterAsking, ASK_EVERY_MS, freshPulse } from '../embedded/guard-pulse.ts';
import type { ToGuard } from './guard-protocol.ts';
import { writeJsonLine } from './json-lines.ts';

export interface GuardQuestions {
  /** An answer has come. */
  answered(): void;
  /** Asks no more. */
  end(): void;
}

/** Asks until `end`; calls back, once, when the answers stay away. */
export function askGuard(socket: Socket, onSilence: () => void): GuardQuestions {
  const question: ToGuard = { kind: 'ask' };
  let pulse = freshPulse;
  const timer = setInterval(() => {
    const next = afterAsking(pulse);
    if (next === null) {
      clearInterval(timer);
      return onSilence();
    }
    pulse = next;
    writeJsonLine(socket, question);
  }, ASK_EVERY_MS);
  return {
    answered: () => {
      pulse = afterAnswer(pulse);
    },
    end: () => {
      clearInterval(timer);
    },
  };
}
