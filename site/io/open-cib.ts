import { join } from 'node:path';
import type { Problem } from '../../core/base/problem.ts';
import { problem, warning } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { err, ok } from '../../core/base/result.ts';
import { emptyCib, ONLINE } from '../../core/cib/empty.ts';
import { withNodeState } from '../../core/cib/patch-node.ts';
import { withConfigurationChange } from '../../core/cib/version.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import type { CibFileOptions } from './cib-file-options.ts';
import type { SetAsideReason } from './cib-copies.ts';
import { lastGoodCopy, setAside } from './cib-copies.ts';
import { readCibFile } from './read-cib-file.ts';

/** What a site starts from; `isOnDisk` is false when it must first be written. */
export interface OpenedCib {
  readonly root: XmlElement;
  readonly isOnDisk: boolean;
}

/**
 * Finds the document to start from: `cib.xml`; else the last good copy, with a finding; else, where
 * there never was one, a fresh CIB. A file that cannot be used and has no copy is an error and stays
 * where it is: to start without the configuration somebody wrote would be a guess.
 */
export async function openCib(options: CibFileOptions): Promise<Result<OpenedCib, Problem>> {
  const path = join(options.folder, 'cib.xml');
  const content = await readCibFile(path);
  switch (content.kind) {
    case 'valid':
      for (const found of content.warnings) options.onFinding(found);
      return ok({ root: content.root, isOnDisk: true });
    case 'missing':
      return ok({ root: (await restored(options, path)) ?? fresh(options), isOnDisk: false });
    case 'damaged':
      return instead(options, path, 'corrupt', [content.problem]);
    case 'invalid':
      return instead(options, path, 'refused', content.problems);
  }
}

async function instead(
  options: CibFileOptions,
  path: string,
  reason: SetAsideReason,
  problems: readonly Problem[],
): Promise<Result<OpenedCib, Problem>> {
  const copy = await lastGoodCopy(options.folder);
  const [first] = problems;
  if (copy === null) {
    const because = first === undefined ? '' : `: ${first.message}`;
    const where = first?.where ?? { file: path };
    return err(
      problem(
        'cib-file-unusable',
        `the cib is ${reason} and has no copy, correct it${because}`,
        where,
      ),
    );
  }
  for (const found of problems) options.onFinding(found);
  const name = await setAside(options.folder, reason);
  const message = `the cib was ${reason} and set aside as ${name}`;
  options.onFinding(warning(`cib-file-${reason}`, message, { file: path }));
  const root = await restored(options, path);
  return ok({ root: root ?? fresh(options), isOnDisk: false });
}

/** The last good copy under a new version, its node online; null when there is none. */
async function restored(options: CibFileOptions, path: string): Promise<XmlElement | null> {
  const copy = await lastGoodCopy(options.folder);
  if (copy === null) return null;
  const message = `the configuration of the copy ${copy.name} is used, what ran is looked up anew`;
  options.onFinding(warning('cib-file-restored', message, { file: path }));
  return withNodeState(
    withConfigurationChange(copy.root, options.nowEpochMs()),
    options.node,
    ONLINE,
  );
}

const fresh = (options: CibFileOptions): XmlElement => emptyCib(options.node, options.nowEpochMs());
