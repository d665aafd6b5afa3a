import { readFile, stat } from 'node:fs/promises';
import type { Problem } from '../../core/base/problem.ts';
import { hasErrors, problem } from '../../core/base/problem.ts';
import { readCib } from '../../core/cib/read.ts';
import { errnoCode, errnoText } from '../../core/io/errno.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import { readXml, XML_MAX_CHARACTERS } from '../../core/xml/read.ts';
import { withoutFormatting } from '../../core/xml/write.ts';

/** What stands in a file that should hold a CIB. */
export type CibFileContent =
  | { readonly kind: 'missing' }
  /** `warnings` name what is in it and not understood. */
  | { readonly kind: 'valid'; readonly root: XmlElement; readonly warnings: readonly Problem[] }
  /** No CIB at all: not readable, not XML, cut off. */
  | { readonly kind: 'damaged'; readonly problem: Problem }
  /** XML, but a configuration with errors. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads a CIB file, at most 16 MiB; never throws. The root is without formatting. */
export async function readCibFile(path: string): Promise<CibFileContent> {
  const text = await readText(path);
  if (text === null) return { kind: 'missing' };
  if (typeof text !== 'string') return { kind: 'damaged', problem: text };
  const document = readXml(text, path);
  if (!document.ok) return { kind: 'damaged', problem: document.error };
  const root = withoutFormatting(document.value);
  const problems = readCib(root).problems.map((found) => ({ ...found, where: { file: path } }));
  return hasErrors(problems)
    ? { kind: 'invalid', problems }
    : { kind: 'valid', root, warnings: problems };
}

/** The text, null when there is no file, or why it cannot be read. */
async function readText(path: string): Promise<string | null | Problem> {
  const unreadable = (reason: string): Problem =>
    problem('cib-file-unreadable', `the cib cannot be read: ${reason}`, { file: path });
  try {
    const found = await stat(path);
    if (!found.isFile()) return unreadable('it is no regular file');
    if (found.size > XML_MAX_CHARACTERS) {
      return unreadable(`it has ${found.size} bytes, at most ${XML_MAX_CHARACTERS} are read`);
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (thrown) {
    if (errnoCode(thrown) === 'ENOENT') return null;
    return unreadable(
      errnoCode(thrown) === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? 'it is not UTF-8'
        : errnoText(thrown),
    );
  }
}
