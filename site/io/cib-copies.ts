import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { XmlElement } from '../../core/xml/element.ts';
import { element } from '../../core/xml/element.ts';
import { withChildren } from '../../core/xml/edit.ts';
import { formatXml } from '../../core/xml/write.ts';
import { writeFileAtomic } from '../../core/io/atomic-file.ts';
import { readCibFile } from './read-cib-file.ts';

/**
 * What is kept beside `cib.xml`: the last good configurations as `cib-N.raw`, N rising, as
 * Pacemaker keeps them; and files that were in the way as `cib.xml.corrupt-N`, `cib.xml.refused-N`.
 */
export const COPIES_MAX = 10;

export type SetAsideReason = 'corrupt' | 'refused';

interface NumberedFile {
  readonly name: string;
  readonly number: number;
}

/** Keeps the configuration (what ran is out of date when a copy is needed); drops the oldest. */
export async function keepCopy(folder: string, root: XmlElement): Promise<void> {
  const copies = await numbered(folder, 'cib-', '.raw');
  const next = (copies.at(-1)?.number ?? 0) + 1;
  await writeFileAtomic(join(folder, `cib-${next}.raw`), formatXml(withoutStatus(root)), 0o600);
  await drop(folder, copies, COPIES_MAX - 1);
}

/** The newest copy that is a valid CIB, or null. */
export async function lastGoodCopy(
  folder: string,
): Promise<{ readonly name: string; readonly root: XmlElement } | null> {
  for (const { name } of (await numbered(folder, 'cib-', '.raw')).toReversed()) {
    const content = await readCibFile(join(folder, name));
    if (content.kind === 'valid') return { name, root: withoutStatus(content.root) };
  }
  return null;
}

/** Renames `cib.xml` out of the way, keeping the newest ten of a kind; returns its new name. */
export async function setAside(folder: string, reason: SetAsideReason): Promise<string> {
  const prefix = `cib.xml.${reason}-`;
  const older = await numbered(folder, prefix, '');
  const name = `${prefix}${(older.at(-1)?.number ?? 0) + 1}`;
  await rename(join(folder, 'cib.xml'), join(folder, name));
  await drop(folder, older, COPIES_MAX - 1);
  return name;
}

const withoutStatus = (root: XmlElement): XmlElement =>
  withChildren(
    root,
    root.children.map((child) =>
      child.kind === 'element' && child.name === 'status' ? element('status') : child,
    ),
  );

/** Files named prefix, number, suffix; by number. */
async function numbered(
  folder: string,
  prefix: string,
  suffix: string,
): Promise<readonly NumberedFile[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .map((name) => ({ name, digits: name.slice(prefix.length, name.length - suffix.length) }))
    .filter(({ digits }) => /^[0-9]{1,15}$/.test(digits))
    .map(({ name, digits }) => ({ name, number: Number(digits) }))
    .toSorted((a, b) => a.number - b.number);
}

/** Removes all but the `kept` newest. */
async function drop(folder: string, files: readonly NumberedFile[], kept: number): Promise<void> {
  for (const { name } of files.slice(0, Math.max(0, files.length - kept))) {
    await rm(join(folder, name), { force: true });
  }
}
