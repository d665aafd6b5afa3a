import { expect, test } from 'vitest';
import { commonPrefixBits, parseAddress, withPort } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { assert } from '../../../core/base/assert.ts';

const address = (text: string) => {
  const parsed = parseAddress(text);
  assert(parsed !== null, `${text} is an address`);
  return parsed;
};

test.each([
  ['192.0.2.11', 0x72ed8a10],
  ['127.0.0.1', 0x651f5f40],
  ['2001:db8::11', 0x6225a03c],
  ['2001:0DB8:0:0:0:0:0:11', 0x6225a03c],
  ['::1', 0x1bbc7bc3],
  ['255.255.255.255', 0x7fffffff],
  ['::ffff:192.0.2.11', 0x11b27219],
])('%s has the member id booth computes', (text, id) => {
  expect(memberIdOfAddress(address(text))).toBe(id);
});

test.each([
  '10.77.1',
  '010.077.0.1',
  '256.1.1.1',
  '1.2.3.4.5',
  '',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7',
  'fe80::1%eth0',
  '[::1]',
  '1.2.3.4::',
  'localhost',
])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeNull();
});

test('common prefixes count bits, within one family only', () => {
  expect(commonPrefixBits(address('10.9.0.5'), address('10.9.0.4'))).toBe(31);
  expect(commonPrefixBits(address('10.9.0.5'), address('10.9.0.5'))).toBe(32);
  expect(commonPrefixBits(address('10.9.0.5'), address('138.9.0.5'))).toBe(0);
  expect(commonPrefixBits(address('::1'), address('1.2.3.4'))).toBe(0);
});

test('a port after an IPv6 address stands outside brackets', () => {
  expect(withPort('::1', 9929)).toBe('[::1]:9929');
  expect(withPort('10.0.0.1', 9929)).toBe('10.0.0.1:9929');
});
