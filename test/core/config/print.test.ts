import { expect, test } from 'vitest';
import { parseConfig } from '../../../core/config/parse.ts';
import { printConfig } from '../../../core/config/print.ts';

const print = (text: string): string => {
  const source = { path: '/etc/booth/booth.conf', resolve: () => null };
  const { config, problems } = parseConfig(new TextEncoder().encode(text), source);
  expect.assert(config !== null, problems.map(({ message }) => message).join('\n'));
  return printConfig(config);
};

test('the layout is that of pcs booth', () => {
  const pcs = `authfile = /etc/booth/booth.key
site = 10.0.0.100
site = 10.0.0.200
arbitrator = 10.0.0.50
ticket = "apacheticket"
  expire = 60
  timeout = 3
  retries = 3
`;
  expect(print(pcs)).toBe(pcs);
});

test('every key has its line, and values are quoted only where they must be', () => {
  const text = `name = geo
authfile = " #'key "
maxtimeskew = 30
debug = 2
port = 9930
site = 10.0.0.1
port = 9929
site = 2001:DB8::1
arbitrator = 10.0.0.3
port = 7
ticket = "a/b"
  expire = 300
  timeout = 1500ms
  renewal-freq = 100
  acquire-after = 60
  retries = 5
  mode = manual
  before-acquire-handler = /x y
  attr-prereq = auto up eq yes
  attr-prereq = manual up ne no
  weights = -1,2
ticket = "plain"
`;
  expect(print(text)).toBe(text);
});

test('a unit of milliseconds that no ticket shows any more survives', () => {
  const printed = print('site = 10.0.0.1\nticket = a\ntimeout = 1ms\ntimeout = 5\n');
  expect(printed).toContain('ticket = "__defaults__"\n  acquire-after = 1ms\n');
  expect(print(printed)).toBe(printed);
});

test('defaults are folded into the tickets', () => {
  expect(
    print('site=10.0.0.1\nticket=__defaults__\nretries=4\nticket=a\nticket=b\nretries=10'),
  ).toBe('site = 10.0.0.1\nticket = "a"\n  retries = 4\nticket = "b"\n');
});
