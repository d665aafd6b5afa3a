import { expect, test } from 'vitest';
import { localAddresses, quietAddresses } from '../../../core/io/local-address.ts';

const info = (address: string, cidr: string | null) => ({
  address,
  cidr,
  netmask: '',
  mac: '00:00:00:00:00:00',
  internal: false,
});

test('IPv6 addresses come first, otherwise the order of the system stays', () => {
  const found = localAddresses({
    lo: [
      { ...info('127.0.0.1', '127.0.0.1/8'), family: 'IPv4' },
      { ...info('::1', '::1/128'), family: 'IPv6', scopeid: 0 },
    ],
    eth0: [
      { ...info('10.0.0.1', null), family: 'IPv4' },
      { ...info('fe80::1', 'fe80::1/64'), family: 'IPv6', scopeid: 2 },
    ],
  });
  expect(found.map(({ address, prefixBits }) => `${address.text}/${String(prefixBits)}`)).toEqual([
    '::1/128',
    'fe80::1/64',
    '127.0.0.1/8',
    '10.0.0.1/32',
  ]);
});

test('this host has a loopback address', () => {
  expect(localAddresses().map(({ address }) => address.text)).toContain('127.0.0.1');
});

test('the tables of the kernel tell the same addresses, and more', () => {
  const quiet = quietAddresses().map(({ address }) => address.text);
  expect(quiet).toEqual(
    expect.arrayContaining(localAddresses().map(({ address }) => address.text)),
  );
});
