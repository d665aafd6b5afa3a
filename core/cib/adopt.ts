import type { Problem } from '../base/problem.ts';
import { hasErrors } from '../base/problem.ts';
import type { XmlElement } from '../xml/element.ts';
import { attribute, childNamed } from '../xml/element.ts';
import { withAttributes, withChildReplaced } from '../xml/edit.ts';
import { withoutFormatting, writeXml } from '../xml/write.ts';
import { readCib } from './read.ts';
import { readVersion, withConfigurationChange } from './version.ts';

/**
 * What becomes of a CIB that somebody else wrote over ours. Only its configuration can be taken
 * over: what runs and which tickets are held is known better by the running cluster.
 */
export type Adoption =
  /** The configuration is the one we have. */
  | { readonly kind: 'unchanged' }
  /** `root` is ours with the new configuration and a higher version. */
  | { readonly kind: 'adopted'; readonly root: XmlElement; readonly problems: readonly Problem[] }
  /** The new configuration has errors; ours stays. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Decides about `foreign`, found where `current` was last written. */
export function adoptConfiguration(
  current: XmlElement,
  foreign: XmlElement,
  nowEpochMs: number,
): Adoption {
  const { problems } = readCib(foreign);
  const [ours, theirs] = [
    childNamed(current, 'configuration'),
    childNamed(foreign, 'configuration'),
  ];
  if (hasErrors(problems) || theirs === null) return { kind: 'refused', problems };
  const clean = withoutFormatting(theirs);
  if (ours !== null && writeXml(withoutFormatting(ours)) === writeXml(clean)) {
    return { kind: 'unchanged' };
  }
  const replaced =
    ours === null
      ? { ...current, children: [clean, ...current.children] }
      : withChildReplaced(current, ours, clean);
  return { kind: 'adopted', root: renumbered(replaced, foreign, nowEpochMs), problems };
}

/** Higher than both versions, so that no copy of either is ever taken for the newer one. */
function renumbered(root: XmlElement, foreign: XmlElement, nowEpochMs: number): XmlElement {
  const [ours, theirs] = [readVersion(root), readVersion(foreign)];
  const schema = attribute(foreign, 'validate-with');
  const highest = withAttributes(root, {
    ...(schema === null ? {} : { 'validate-with': schema }),
    admin_epoch: String(Math.max(ours.adminEpoch, theirs.adminEpoch)),
    epoch: String(Math.max(ours.epoch, theirs.epoch)),
  });
  return withConfigurationChange(highest, nowEpochMs);
}
