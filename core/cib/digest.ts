import { createHash } from 'node:crypto';
import { element } from '../xml/element.ts';
import { writeXml } from '../xml/write.ts';
import type { Options } from './model.ts';

/**
 * `op-digest`: tells whether an operation ran with the parameters it would be given now. It is the
 * MD5 that Pacemaker stores: of the parameters as the attributes of one element, sorted by name,
 * with a blank before and a newline after. Recurring operations add their timeout.
 */
export function operationDigest(parameters: Options, recurringTimeoutMs?: number): string {
  const all = new Map(parameters);
  if (recurringTimeoutMs !== undefined) all.set('CRM_meta_timeout', String(recurringTimeoutMs));
  const sorted = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = writeXml(element('parameters', Object.fromEntries(sorted)));
  return createHash('md5').update(` ${text}\n`).digest('hex');
}
