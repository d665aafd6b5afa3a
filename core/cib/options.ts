import { attribute, childrenNamed } from '../xml/element.ts';
import type { XmlElement } from '../xml/element.ts';
import type { Options } from './model.ts';
import { parseScore, SCORE_INFINITY } from './number.ts';
import type { Reading } from './reading.ts';

/** Blocks of name/value pairs: `cluster_property_set`, `meta_attributes`, `instance_attributes`. */

/**
 * Merges the blocks of one name below `owner` as Pacemaker does (pacemaker-scheduler 1): by falling
 * score, otherwise in document order, the first value of a name counts. References (`id-ref`) are
 * followed. A block that depends on a rule is reported and left out.
 */
export function readOptions(owner: XmlElement, blockName: string, reading: Reading): Options {
  const options = new Map<string, string>();
  for (const block of orderedBlocks(owner, blockName, reading)) {
    for (const pair of childrenNamed(block, 'nvpair')) readPair(pair, options, reading);
  }
  return options;
}

function orderedBlocks(
  owner: XmlElement,
  blockName: string,
  reading: Reading,
): readonly XmlElement[] {
  return childrenNamed(owner, blockName)
    .flatMap((block) => {
      const target = reading.resolved(block);
      if (target === null || !isUnconditional(target, reading)) return [];
      return [{ target, rank: rank(target, reading) }];
    })
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ target }) => target);
}

/** The bootstrap block of `crm_config` comes before every score. */
function rank(block: XmlElement, reading: Reading): number {
  if (attribute(block, 'id') === 'cib-bootstrap-options') return 2 * SCORE_INFINITY;
  const text = attribute(block, 'score');
  if (text === null) return 0;
  const score = parseScore(text);
  if (score === null)
    reading.error('cib-bad-score', `${named(block)}: score "${text}" is no score`);
  return score ?? 0;
}

function isUnconditional(block: XmlElement, reading: Reading): boolean {
  if (childrenNamed(block, 'rule').length === 0) return true;
  reading.unsupported(`${named(block)} depends on a rule, which`);
  return false;
}

function readPair(pair: XmlElement, options: Map<string, string>, reading: Reading): void {
  const target = reading.resolved(pair);
  if (target === null) return;
  const name = attribute(pair, 'name') ?? attribute(target, 'name');
  const value = attribute(target, 'value');
  if (name === null) {
    reading.error('cib-missing-attribute', `${named(target)} has no name`);
  } else if (value !== null && !options.has(name)) {
    options.set(name, value);
  }
}

/** `nvpair "x"`: how messages call an element. */
export const named = (of: XmlElement): string =>
  `${of.name} "${attribute(of, 'id') ?? '(without id)'}"`;
