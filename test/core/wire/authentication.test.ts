import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { loadKey, sign, verify } from '../../../core/wire/authentication.ts';
import { keyOf } from './keys.ts';
import { bytesOf, hexOf } from './vectors.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const loaded = (content: Uint8Array) => {
  const key = loadKey(content);
  return key.ok ? hexOf(key.value.secret.export()) : key.error.code;
};
const characters = (count: number) => 'k'.repeat(count);

test.each([
  ['a plain text key', ascii('12345678'), ascii('12345678')],
  ['white space at both ends of text', ascii('\n\t\v\f\r 12345678 \n'), ascii('12345678')],
  ['white space inside text', ascii('1234 5678\n'), ascii('1234 5678')],
  ['64 characters', ascii(characters(64)), ascii(characters(64))],
  ['64 characters and a newline', ascii(`${characters(64)}\n`), ascii(characters(64))],
  ['63 characters and two newlines', ascii(`${characters(63)}\n\n`), ascii(characters(63))],
  ['a binary key and its newline', bytesOf('80ff0120626161620a'), bytesOf('80ff0120626161620a')],
  ['64 binary bytes', new Uint8Array(64).fill(0xff), new Uint8Array(64).fill(0xff)],
  ['NUL bytes but the first', bytesOf('0100000000000000'), bytesOf('0100000000000000')],
])('loads %s', (_title, content, key) => {
  expect(loaded(content)).toBe(hexOf(key));
});

test.each([
  ['an empty file', ascii(''), 'authfile-too-short'],
  ['only white space', ascii(' \n'.repeat(20)), 'authfile-too-short'],
  ['7 characters', ascii('1234567'), 'authfile-too-short'],
  ['7 characters and white space', ascii(' 1234567\n\n'), 'authfile-too-short'],
  ['7 binary bytes', new Uint8Array(7).fill(0x80), 'authfile-too-short'],
  ['65 characters', ascii(characters(65)), 'authfile-too-long'],
  ['10 blanks and 64 characters', ascii(' '.repeat(10) + characters(64)), 'authfile-too-long'],
  ['64 binary bytes and a newline', bytesOf(`${'ff'.repeat(64)}0a`), 'authfile-too-long'],
  ['64 characters and a non-ASCII byte', bytesOf(`${'6b'.repeat(64)}80`), 'authfile-too-long'],
  ['a megabyte', new Uint8Array(1 << 20).fill(0x6b), 'authfile-too-long'],
  ['a key that begins with NUL', bytesOf('0080818283848586'), 'authfile-starts-with-nul'],
  ['NUL first after trimming', ascii('  \0abcdefghijk'), 'authfile-starts-with-nul'],
  ['only NULs', new Uint8Array(64), 'authfile-starts-with-nul'],
])('refuses %s', (_title, content, code) => {
  expect(loaded(content)).toBe(code);
});

test('a refusal names the file and never the key', () => {
  const refused = loadKey(ascii('geheim!'), '/etc/booth/authkey');
  assert(!refused.ok, 'refused');
  expect(refused.error.where).toEqual({ file: '/etc/booth/authkey' });
  expect(JSON.stringify(refused)).not.toContain('geheim');
});

test('a key does not show when printed', () => {
  const key = keyOf('very-secret-key');
  expect(JSON.stringify(key)).toBe('{"secret":{}}');
  expect(String(key.secret)).not.toContain('very-secret');
});

test('a message that was signed verifies, with the MAC an independent HMAC gives', () => {
  const bytes = new Uint8Array(152).map((_, index) => (index < 124 ? index : 0));
  sign(bytes, keyOf('0123456789'), 124);
  const mac = createHmac('sha1', '0123456789').update(bytes.subarray(0, 124)).digest('hex');
  expect(hexOf(bytes.subarray(124))).toBe(`00000002${mac}00000000`);
  expect(verify(bytes, keyOf('0123456789'), 124)).toEqual({ ok: true, value: mac });
  expect(verify(bytes, keyOf('0123456780'), 124)).toEqual({ ok: false, error: 'bad-mac' });
});

test.each([-1, -28, 125, 152, 1e9])('a trailer at %d of 152 bytes is none', (offset) => {
  const verdict = verify(new Uint8Array(152), keyOf('0123456789'), offset);
  expect(verdict).toEqual({ ok: false, error: 'not-authenticated' });
});

test.each([0, 1, 3, 8, 10, 255, 0xffffffff])(
  'hash id %d is refused, whether the MAC is zero or right',
  (hashId) => {
    const bytes = new Uint8Array(152);
    const key = keyOf('0123456789');
    sign(bytes, key, 124);
    new DataView(bytes.buffer).setUint32(124, hashId);
    expect(verify(bytes, key, 124)).toEqual({ ok: false, error: 'bad-hash-id' });
    bytes.fill(0, 128);
    expect(verify(bytes, key, 124)).toEqual({ ok: false, error: 'bad-hash-id' });
  },
);

test('hash id 2 with a zero MAC is refused', () => {
  const bytes = new Uint8Array(152);
  bytes[127] = 2;
  expect(verify(bytes, keyOf('0123456789'), 124)).toEqual({ ok: false, error: 'bad-mac' });
});
