/** `before-acquire-handler = PATH ARGUMENT…` (booth-conf section 4). */
import { err, ok, type Result } from '../base/result.ts';
import type { Refusal } from './duration.ts';
import type { TicketHandler } from './model.ts';
import { wordsOf } from './prerequisite.ts';

const ARGUMENTS_MAX = 14;

/** Splits at blanks and tabs, without quoting; null when there is no word. */
export function parseHandler(text: string): Result<TicketHandler | null, Refusal> {
  const [path, ...args] = wordsOf(text);
  if (path === undefined) return ok(null);
  if (args.length <= ARGUMENTS_MAX) return ok({ path, args });
  return err({
    code: 'config-handler-arguments',
    message: `at most ${String(ARGUMENTS_MAX)} arguments are allowed, found ${String(args.length)}: call a script that adds them`,
  });
}

/** As `parseHandler` reads it back. */
export const printHandler = (handler: TicketHandler): string =>
  [handler.path, ...handler.args].join(' ');
