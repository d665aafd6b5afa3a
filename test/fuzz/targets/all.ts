// Everything that reads what strangers or a damaged disk wrote.
import type { FuzzTarget } from '../target.ts';
import { configTarget, localConfigTarget } from './configuration.ts';
import { httpTarget } from './http.ts';
import { journalTarget, recordTarget } from './journal.ts';
import { answerTarget, datagramTarget, requestTarget } from './messages.ts';
import { serverTarget } from './server.ts';
import { streamTarget } from './stream.ts';
import { cibTarget, xmlTarget } from './xml.ts';

export const targets: readonly FuzzTarget[] = [
  datagramTarget,
  requestTarget,
  answerTarget,
  streamTarget,
  serverTarget,
  httpTarget,
  configTarget,
  localConfigTarget,
  xmlTarget,
  cibTarget,
  journalTarget,
  recordTarget,
];

export const targetNamed = (name: string): FuzzTarget | null =>
  targets.find((target) => target.name === name) ?? null;
