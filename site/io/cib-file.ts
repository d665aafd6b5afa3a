import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/base/problem.ts';
import { problem, warning } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { err, ok } from '../../core/base/result.ts';
import { adoptConfiguration } from '../../core/cib/adopt.ts';
import { readVersion } from '../../core/cib/version.ts';
import { writeFileAtomic } from '../../core/io/atomic-file.ts';
import { errnoText } from '../../core/io/errno.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import { formatXml } from '../../core/xml/write.ts';
import { keepCopy, setAside } from './cib-copies.ts';
import type { CibFileOptions } from './cib-file-options.ts';
import { openCib } from './open-cib.ts';
import { readCibFile } from './read-cib-file.ts';

/**
 * The embedded site's `cib.xml`: every state of it on disk is whole, the last good configurations
 * are kept beside it, and what somebody else writes there is noticed. The owner's document in
 * memory is the truth; this file is how it survives and how an administrator edits it.
 */
export interface CibFile {
  /** What was last read or written. */
  current(): XmlElement;
  /**
   * Makes the document durable. Calls while a write is under way share the next one, which writes
   * the newest document. On failure the file is as it was; write again later.
   */
  write(root: XmlElement): Promise<Result<null, Problem>>;
  /** Looks for an edit of somebody else now; otherwise that happens on notice and before writes. */
  check(): Promise<void>;
  /** Ends watching after the writes under way. */
  close(): Promise<void>;
}

/** An editor may write in pieces: after the last notice it gets this long to finish. */
const SETTLE_MS = 100;

interface Session extends CibFileOptions {
  readonly path: string;
  current: XmlElement;
  /** The newest document asked to be written. */
  wanted: XmlElement;
  /** Which file we last read or wrote; null when there is none. */
  identity: string | null;
  /** `admin_epoch.epoch` of the newest copy. */
  copied: string | null;
  /** One thing at a time happens to the file. */
  tail: Promise<unknown>;
  queued: Promise<Result<null, Problem>> | null;
}

/** Opens or makes `cib.xml` in the folder; an error when there is nothing safe to start from. */
export async function openCibFile(options: CibFileOptions): Promise<Result<CibFile, Problem>> {
  try {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const opened = await openCib(options);
    if (!opened.ok) return opened;
    const session: Session = {
      ...options,
      path: join(options.folder, 'cib.xml'),
      current: opened.value.root,
      wanted: opened.value.root,
      identity: null,
      copied: null,
      tail: Promise.resolve(),
      queued: null,
    };
    if (opened.value.isOnDisk) await noteOnDisk(session);
    else await store(session, session.current);
    return ok(serve(session));
  } catch (thrown) {
    return err(failure(options.folder, thrown));
  }
}

function serve(session: Session): CibFile {
  const check = (): Promise<void> => inTurn(session, () => lookForForeign(session));
  const watching = startWatching(session, check);
  return {
    current: () => session.current,
    write(root) {
      session.wanted = root;
      session.queued ??= inTurn(session, () => writeWanted(session));
      return session.queued;
    },
    check,
    async close() {
      watching.stop();
      await session.tail;
    },
  };
}

function inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const done = session.tail.then(work);
  session.tail = done.catch(() => undefined);
  return done;
}

async function writeWanted(session: Session): Promise<Result<null, Problem>> {
  await lookForForeign(session);
  session.queued = null;
  try {
    await store(session, session.wanted);
    return ok(null);
  } catch (thrown) {
    return err(failure(session.path, thrown));
  }
}

async function store(session: Session, root: XmlElement): Promise<void> {
  await writeFileAtomic(session.path, formatXml(root), 0o600);
  session.current = root;
  await noteOnDisk(session);
}

/** Remembers the file as ours and keeps a copy of each configuration that was in use. */
async function noteOnDisk(session: Session): Promise<void> {
  session.identity = await identityOf(session.path);
  const { adminEpoch, epoch } = readVersion(session.current);
  const version = `${adminEpoch}.${epoch}`;
  if (session.copied === version) return;
  try {
    await keepCopy(session.folder, session.current);
    session.copied = version;
  } catch (thrown) {
    const message = `no copy of the cib could be kept: ${errnoText(thrown)}`;
    session.onFinding(warning('cib-file-copy', message, { file: session.folder }));
  }
}

/** Deals with a `cib.xml` that is not the one we left. Never throws. */
async function lookForForeign(session: Session): Promise<void> {
  const identity = await identityOf(session.path);
  if (identity === session.identity) return;
  const content = await readCibFile(session.path);
  session.identity = identity;
  try {
    switch (content.kind) {
      case 'missing':
        session.onFinding(
          finding(session, 'cib-file-missing', 'the file was gone and is written anew'),
        );
        await store(session, session.current);
        return;
      case 'valid':
        return await takeOver(session, content.root, content.warnings);
      case 'damaged':
        return await refuse(session, [content.problem]);
      case 'invalid':
        return await refuse(session, content.problems);
    }
  } catch (thrown) {
    session.onFinding(failure(session.path, thrown));
  }
}

async function takeOver(
  session: Session,
  foreign: XmlElement,
  warnings: readonly Problem[],
): Promise<void> {
  if (adoptConfiguration(session.current, foreign, session.nowEpochMs()).kind === 'unchanged') {
    await store(session, session.current);
    return;
  }
  for (const found of warnings) session.onFinding(found);
  session.onForeignConfiguration(foreign);
}

async function refuse(session: Session, problems: readonly Problem[]): Promise<void> {
  const name = await setAside(session.folder, 'refused');
  const message = `a changed cib was refused and set aside as ${name}, the running one is kept`;
  for (const found of [finding(session, 'cib-file-refused', message), ...problems]) {
    session.onFinding(found);
  }
  await store(session, session.current);
}

/** Tells one file from the next by what every replacement or edit changes. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return null;
  }
}

/** Notices come from the system; a check then costs one stat. */
function startWatching(session: Session, check: () => Promise<void>): { stop: () => void } {
  let timer: NodeJS.Timeout | null = null;
  const stopTimer = (): void => {
    if (timer !== null) clearTimeout(timer);
  };
  const onNotice = (_event: string, name: string | null): void => {
    if (name !== null && name !== 'cib.xml') return;
    stopTimer();
    timer = setTimeout(() => void check(), SETTLE_MS).unref();
  };
  const report = (thrown: unknown): void => {
    const message = `changes by others are only seen before writes: ${errnoText(thrown)}`;
    session.onFinding(finding(session, 'cib-file-watch', message));
  };
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(session.folder, { persistent: false }, onNotice).on('error', report);
  } catch (thrown) {
    report(thrown);
  }
  return {
    stop() {
      stopTimer();
      watcher?.close();
    },
  };
}

const finding = (session: Session, code: string, message: string): Problem =>
  warning(code, message, { file: session.path });

const failure = (path: string, thrown: unknown): Problem =>
  problem('cib-file-write', `the cib could not be written: ${errnoText(thrown)}`, { file: path });
