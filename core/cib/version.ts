import type { XmlElement } from '../xml/element.ts';
import { attribute } from '../xml/element.ts';
import { withAttributes } from '../xml/edit.ts';
import { lastWrittenText } from './last-written.ts';
import type { CibVersion } from './model.ts';
import { parseInteger } from './number.ts';

/** `admin_epoch.epoch.num_updates`: which of two CIBs is newer, and how changes move it. */

/** Fields that are missing or no numbers count as 0. */
export const readVersion = (root: XmlElement): CibVersion => ({
  adminEpoch: parseInteger(attribute(root, 'admin_epoch')) ?? 0,
  epoch: parseInteger(attribute(root, 'epoch')) ?? 0,
  numUpdates: parseInteger(attribute(root, 'num_updates')) ?? 0,
});

/** `0.12.3`. */
export const versionText = (version: CibVersion): string =>
  `${version.adminEpoch}.${version.epoch}.${version.numUpdates}`;

/** The version after a change of the status section (tickets included): `num_updates` rises. */
export const withStatusChange = (root: XmlElement): XmlElement =>
  withAttributes(root, { num_updates: String(readVersion(root).numUpdates + 1) });

/**
 * The version after a change of the configuration: `epoch` rises, `num_updates` starts again at 0,
 * `cib-last-written` is the time given.
 */
export const withConfigurationChange = (root: XmlElement, nowEpochMs: number): XmlElement =>
  withAttributes(root, {
    epoch: String(readVersion(root).epoch + 1),
    num_updates: '0',
    'cib-last-written': lastWrittenText(nowEpochMs),
  });
