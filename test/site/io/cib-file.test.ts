import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../../core/base/problem.ts';
import { adoptConfiguration } from '../../../core/cib/adopt.ts';
import { emptyCib } from '../../../core/cib/empty.ts';
import { withTickets } from '../../../core/cib/patch-ticket.ts';
import { readCib } from '../../../core/cib/read.ts';
import { withConfigurationChange, withStatusChange } from '../../../core/cib/version.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import { attribute, descendantsNamed } from '../../../core/xml/element.ts';
import { formatXml, writeXml } from '../../../core/xml/write.ts';
import type { CibFile } from '../../../site/io/cib-file.ts';
import { openCibFile } from '../../../site/io/cib-file.ts';
import { waitUntil } from '../../support/wait-until.ts';

const nowEpochMs = 1_795_178_304_693;
const node = { id: '1', name: 'alpha' };
const web = '<primitive id="web" class="ocf" provider="heartbeat" type="apache"/>';
const withWeb = formatXml(emptyCib(node, nowEpochMs)).replace(
  '<resources/>',
  `<resources>${web}</resources>`,
);

let folder = '';
let opened: CibFile[] = [];
let findings: Problem[] = [];
let foreign: XmlElement[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cib-file-'));
  [opened, findings, foreign] = [[], [], []];
});

afterEach(async () => {
  for (const file of opened) await file.close();
  rmSync(folder, { recursive: true });
});

const tryOpen = async () => {
  const result = await openCibFile({
    folder,
    node,
    nowEpochMs: () => nowEpochMs,
    onFinding: (found) => findings.push(found),
    onForeignConfiguration: (root) => foreign.push(root),
  });
  if (result.ok) opened.push(result.value);
  return result;
};

const openFile = async (): Promise<CibFile> => {
  const result = await tryOpen();
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

const cibPath = (): string => join(folder, 'cib.xml');
const onDisk = (): string => readFileSync(cibPath(), 'utf8');
const named = (pattern: RegExp): readonly string[] =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .toSorted();
const codes = (): readonly string[] => findings.map(({ code }) => code);

/** As an editor does it: a new file in the place of the old one. */
const replace = (text: string | Buffer): void => {
  writeFileSync(join(folder, '.edit'), text);
  renameSync(join(folder, '.edit'), cibPath());
};

const granted = (root: XmlElement, value: string): XmlElement => {
  const result = withTickets(root, [{ ticket: 'T', attributes: { granted: value } }], nowEpochMs);
  if (!result.ok) throw new Error(result.error.message);
  return withStatusChange(result.value);
};

const reconfigured = (root: XmlElement): XmlElement => withConfigurationChange(root, nowEpochMs);

describe('opening', () => {
  test('an empty folder gives a fresh cib, private and durable at once', async () => {
    const file = await openFile();
    expect(onDisk()).toBe(formatXml(emptyCib(node, nowEpochMs)));
    expect(writeXml(file.current())).toBe(writeXml(emptyCib(node, nowEpochMs)));
    expect(statSync(cibPath()).mode & 0o777).toBe(0o600);
    expect(codes()).toEqual([]);
  });

  test('what was written is what is read next time, status included', async () => {
    const first = await openFile();
    const root = granted(first.current(), 'true');
    expect(await first.write(root)).toEqual({ ok: true, value: null });
    await first.close();
    expect(writeXml((await openFile()).current())).toBe(writeXml(root));
  });

  test('what is not understood is said', async () => {
    writeFileSync(
      cibPath(),
      withWeb.replace(
        '<constraints/>',
        '<constraints><rsc_location id="l" rsc="web"/></constraints>',
      ),
    );
    await openFile();
    expect(findings.map(({ message }) => message)).toEqual([
      'rsc_location "l" is not understood by this version and ignored',
    ]);
  });

  test.each([
    ['cut off', 'corrupt', (text: string) => Buffer.from(text.slice(0, 200))],
    ['empty', 'corrupt', () => Buffer.from('')],
    ['not UTF-8', 'corrupt', () => Buffer.from([0xff, 0xfe, 0x3c])],
    [
      'a configuration with errors',
      'refused',
      (text: string) => Buffer.from(text.replace('class="ocf" ', '')),
    ],
  ])('%s: it is set aside and the last good configuration used', async (_, reason, spoil) => {
    writeFileSync(cibPath(), withWeb);
    const first = await openFile();
    await first.write(granted(first.current(), 'true'));
    await first.close();
    writeFileSync(cibPath(), spoil(onDisk()));
    const spoiled = readFileSync(cibPath());
    const second = await openFile();
    const { cib } = readCib(second.current());
    expect(cib.resources.map(({ id }) => id)).toEqual(['web']);
    expect([cib.tickets.size, cib.nodeStates[0]?.isMember]).toEqual([0, true]);
    expect(readFileSync(join(folder, `cib.xml.${reason}-1`))).toEqual(spoiled);
    expect(onDisk()).toBe(formatXml(second.current()));
    expect(codes().slice(-2)).toEqual([`cib-file-${reason}`, 'cib-file-restored']);
  });

  test.each([
    ['a damaged file', '<cib>', 'cib-file-unusable'],
    [
      'an invalid file',
      '<cib><configuration><resources><group id="g"/></resources></configuration></cib>',
      'cib-file-unusable',
    ],
  ])('%s without a copy is an error, and is left where it is', async (_, text, code) => {
    writeFileSync(cibPath(), text);
    expect(await tryOpen()).toMatchObject({
      ok: false,
      error: { code, where: { file: cibPath() } },
    });
    expect(onDisk()).toBe(text);
    expect(readdirSync(folder)).toEqual(['cib.xml']);
  });

  test('a damaged copy is passed over for an older one', async () => {
    writeFileSync(cibPath(), withWeb);
    const first = await openFile();
    await first.write(reconfigured(first.current()));
    await first.close();
    writeFileSync(join(folder, 'cib-2.raw'), '<cib');
    rmSync(cibPath());
    const second = await openFile();
    expect(readCib(second.current()).cib.resources).toHaveLength(1);
    expect(findings.at(-1)?.message).toContain('cib-1.raw');
  });

  test('a folder that cannot be made is an error', async () => {
    writeFileSync(join(folder, 'file'), '');
    const result = await openCibFile({
      folder: join(folder, 'file', 'below'),
      node,
      nowEpochMs: () => nowEpochMs,
      onFinding: () => undefined,
      onForeignConfiguration: () => undefined,
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'cib-file-write' } });
  });
});

describe('writing', () => {
  test('calls at once share one write of the newest document', async () => {
    const file = await openFile();
    const [one, two, three] = ['true', 'false', 'true'].map((value) =>
      granted(file.current(), value),
    );
    if (one === undefined || two === undefined || three === undefined)
      throw new Error('unreachable');
    const results = await Promise.all([file.write(one), file.write(two), file.write(three)]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(onDisk()).toBe(formatXml(three));
  });

  test('one copy a configuration is kept, without status, the newest ten', async () => {
    const file = await openFile();
    for (let round = 0; round < 12; round += 1) {
      const root = reconfigured(granted(file.current(), 'true'));
      await file.write(root);
      await file.write(withStatusChange(root));
    }
    const copies = named(/^cib-[0-9]+\.raw$/);
    expect(copies).toHaveLength(10);
    expect(copies).toContain('cib-13.raw');
    expect(copies).not.toContain('cib-3.raw');
    expect(readFileSync(join(folder, 'cib-13.raw'), 'utf8')).toContain('<status/>');
  });

  test('a failure says so, and a later write succeeds', async () => {
    const file = await openFile();
    rmSync(folder, { recursive: true });
    expect(await file.write(granted(file.current(), 'true'))).toMatchObject({
      ok: false,
      error: { code: 'cib-file-write' },
    });
    folder = mkdtempSync(join(tmpdir(), 'cib-file-'));
  });

  test('no temporary file stays behind', async () => {
    const file = await openFile();
    await file.write(granted(file.current(), 'true'));
    expect(readdirSync(folder).toSorted()).toEqual(['cib-1.raw', 'cib.xml']);
  });
});

describe('an edit of somebody else', () => {
  test('is noticed; its configuration is offered, the rest stays ours', async () => {
    const file = await openFile();
    await file.write(granted(file.current(), 'true'));
    replace(withWeb);
    const seen = await waitUntil('the edit', () => foreign[0]);
    const adoption = adoptConfiguration(file.current(), seen, nowEpochMs);
    if (adoption.kind !== 'adopted') throw new Error(adoption.kind);
    await file.write(adoption.root);
    const { cib } = readCib(file.current());
    expect(cib.resources).toHaveLength(1);
    expect(cib.tickets.get('T')?.isGranted).toBe(true);
    expect(onDisk()).toBe(formatXml(adoption.root));
    expect(foreign).toHaveLength(1);
  });

  test('in place is noticed as well', async () => {
    await openFile();
    writeFileSync(cibPath(), withWeb);
    await waitUntil('the edit', () => foreign[0]);
  });

  test('is seen before a write, even when there was no notice yet', async () => {
    const file = await openFile();
    replace(withWeb);
    await file.write(granted(file.current(), 'true'));
    expect(foreign).toHaveLength(1);
  });

  test('of the status only, is undone without a word', async () => {
    const file = await openFile();
    const ours = onDisk();
    replace(ours.replace('crmd="online"', 'crmd="offline"'));
    await file.check();
    expect([onDisk(), codes(), foreign]).toEqual([ours, [], []]);
  });

  test.each([
    ['no XML', '<cib', 'xml-tag'],
    ['with errors', withWeb.replace('class="ocf" ', ''), 'cib-missing-attribute'],
    ['a document of another kind', '<html/>', 'cib-wrong-root'],
  ])('%s is refused, set aside, and ours put back', async (_, text, code) => {
    const file = await openFile();
    const ours = onDisk();
    replace(text);
    await file.check();
    expect(onDisk()).toBe(ours);
    expect(readFileSync(join(folder, 'cib.xml.refused-1'), 'utf8')).toBe(text);
    expect(codes()[0]).toBe('cib-file-refused');
    expect(codes()).toContain(code);
    expect(foreign).toEqual([]);
  });

  test('that removes the file is undone with a finding', async () => {
    const file = await openFile();
    rmSync(cibPath());
    await file.check();
    expect([existsSync(cibPath()), codes()]).toEqual([true, ['cib-file-missing']]);
  });

  test('our own writes are never taken for one', async () => {
    const file = await openFile();
    for (let round = 0; round < 20; round += 1)
      await file.write(granted(file.current(), round % 2 === 0 ? 'true' : 'false'));
    await file.check();
    expect([foreign, codes()]).toEqual([[], []]);
    expect(
      descendantsNamed(file.current(), 'ticket_state').map((state) => attribute(state, 'granted')),
    ).toEqual(['false']);
  });

  test('refused ones are kept up to ten', async () => {
    const file = await openFile();
    for (let round = 0; round < 12; round += 1) {
      replace(`<broken-${round}`);
      await file.check();
    }
    expect(named(/refused/)).toHaveLength(10);
    expect(readFileSync(join(folder, 'cib.xml.refused-12'), 'utf8')).toBe('<broken-11');
  });
});
