/**
 * Small booth.conf files with the verdict of booth and ours: the rows of booth-conf sections 2 to 6
 * and 9. The unit tests judge our parser by them, the interop test asks Debian's boothd whether
 * the column about booth is true.
 */
import type { ConfigCode } from '../../../core/config/problem-codes.ts';

export interface ConfCase {
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly booth: 'accepts' | 'refuses';
  /** The errors we report, in the order of the file; none: accepted. */
  readonly errors: readonly ConfigCode[];
}

export const RING = 'site = 192.0.2.1\nsite = 192.0.2.2\narbitrator = 192.0.2.3\n';
export const TICKET = `${RING}ticket = "a"\n`;

const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

type Row = readonly [text: string, ...errors: ConfigCode[]];

const shown = (text: string): string =>
  JSON.stringify(text.replace(TICKET, '…').replace(RING, '…')).slice(0, 90);

const toCase = (booth: ConfCase['booth'], [text, ...errors]: Row): ConfCase => ({
  title: shown(text),
  bytes: latin1(text),
  booth,
  errors,
});

const ring = (line: string, ...errors: ConfigCode[]): Row => [`${RING}${line}`, ...errors];
const ticket = (line: string, ...errors: ConfigCode[]): Row => [`${TICKET}${line}`, ...errors];
const sites = (count: number): string =>
  Array.from({ length: count }, (_, index) => `site = 10.0.0.${String(index + 1)}\n`).join('');

const a = (count: number): string => 'a'.repeat(count);

/** Both accept. */
const accepted: readonly Row[] = [
  // lines
  [RING],
  [RING.trimEnd()],
  ['site = 1.2.3.4'],
  [`\v\f\r debug=1\r\n${RING}`],
  [RING.replaceAll('\n', '\r\n')],
  ring('  # comment\n\n \t\n#'),
  ring(`#${a(1022)}`),
  ring(`#${a(1021)}\ndebug=1`),
  ring(`#${a(1022)}\ndebug=1`),
  ring(`#${a(1022)}debug=1`),
  ring(`name=${' '.repeat(200)}x${' '.repeat(200)}`),
  ring(`name${' '.repeat(200)}=x`),
  ring('# \xff\xfe'),
  // values
  ring("name='x'#y"),
  ring("name='x'  #y"),
  ring('name=x#y'),
  ring('name=x #y'),
  ring("name=x'"),
  ring('name = x y'),
  ring('name="a\'b"'),
  ring('name==\n'),
  ring('name="#"'),
  ring('debug=1\rfoo=1'),
  ring('debug\r=\r1'),
  ring('authfile=""'),
  ring("authfile=''"),
  ring('name=""'),
  ring(`name=${a(62)}`),
  ring('name=x\nname=y'),
  // numbers
  [`port=70000\n${RING}`],
  [`port=-1\n${RING}`],
  [`port=99x\n${RING}`],
  [`port=1\nport=2\n${RING}`],
  [`maxtimeskew=7x\n${RING}`],
  [`debug=abc\n${RING}`],
  [`debug=-1\n${RING}`],
  // transport
  [`transport=udp\n${RING}`],
  // structure
  ticket('site = 192.0.2.4'),
  ticket('transport=UDP'),
  ticket('port=1'),
  ring('ticket=a\nticket=A'),
  ring('ticket=a/b'),
  ring('ticket=-'),
  ring(`ticket=${a(63)}`),
  ring('ticket=__defaults__\nticket=__defaults__'),
  ring('ticket=__defaults__\nexpire=60\nrenewal-freq=100'),
  ring('ticket=__defaults__\nexpire=60\nrenewal-freq=100\nticket=__defaults__\nexpire=50'),
  ring('ticket=__defaults__\nticket=__defaults__\nexpire=50'),
  ring("ticket='__defaults__'\nmode=manual\nweights=1,2\nretries=5\nticket=a\nretries=6"),
  ring('ticket=__defaults__\nrenewal-freq=1000\ntimeout=50\nticket=a\nrenewal-freq=600'),
  // spans
  ticket('expire=300'),
  ticket('expire=+300'),
  ticket('expire=0300'),
  ticket('expire=" 300"'),
  ticket("expire='\v300'"),
  ticket('expire="300"#x'),
  ticket('expire=300000ms'),
  ticket('expire=2147483'),
  ticket('expire=111'),
  ticket('acquire-after=0'),
  ticket('acquire-after=-0'),
  ticket('timeout=1ms'),
  ticket('timeout=60\ntimeout=5'),
  ticket('renewal-freq=700'),
  ticket('renewal-freq=55001ms'),
  ticket('expire=30\nrenewal-freq=100'),
  ticket('expire=1ms\nrenewal-freq=100'),
  // retries
  ticket('retries=3'),
  ticket('retries=0x5'),
  ticket('retries=010'),
  ticket('retries=" 5"'),
  ticket('retries=+5'),
  ticket('retries=100\ntimeout=1'),
  // handler, prerequisite, mode, weights
  ticket('before-acquire-handler=/x'),
  ticket('before-acquire-handler=" \t"'),
  ticket(`before-acquire-handler='/x${' a'.repeat(14)} '`),
  ticket('before-acquire-handler=/x\nbefore-acquire-handler=/y'),
  ticket('attr-prereq=auto a eq b'),
  ticket('attr-prereq=auto a eq b\nattr-prereq=manual a ne b'),
  ticket('attr-prereq=auto a eq b c d'),
  ticket('attr-prereq="  auto\ta\teq\tb"'),
  ticket('attr-prereq=auto eq eq eq'),
  ticket('mode=MANUAL'),
  ticket('mode=typo'),
  ticket('mode=""'),
  ticket('weights=1,2,3'),
  ticket('weights=""'),
  ticket('weights=1,'),
  ticket('weights=-5,-3'),
  ticket('weights=1--5'),
  ticket('weights=1;:2 +-3'),
  ticket('weights=0x5,010'),
  ticket("weights='1\v2'"),
  ticket('weights=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 1x'),
  // members
  [sites(16)],
  ring('site=::1\nsite=::ffff:192.0.2.1'),
  ring('site=2001:DB8::1'),
];

/** Both refuse. */
const refused: readonly Row[] = [
  // lines
  ['= x', 'config-no-key', 'config-members-none'],
  ring('.a=1', 'config-no-key'),
  ring('[general]', 'config-no-key'),
  ring('"name"=x', 'config-no-key'),
  [`\xef\xbb\xbf${RING}`, 'config-byte-order-mark'],
  ring('name', 'config-no-equals'),
  ring('name x', 'config-no-equals'),
  ring('name x=y', 'config-no-equals'),
  ring('name: x', 'config-no-equals'),
  ring('na\xefme=x', 'config-no-equals'),
  ring('name\n=x', 'config-no-equals', 'config-no-key'),
  ring('name=', 'config-no-value'),
  ring('name= \t\r', 'config-no-value'),
  ring('name="x', 'config-unterminated-quote'),
  ring('name=\'x"', 'config-unterminated-quote'),
  ring("name='x' y", 'config-surplus-text'),
  ring("name='x'y", 'config-surplus-text'),
  ring('name=""x', 'config-surplus-text'),
  ring(`#${a(1023)}`, 'config-no-equals'),
  ring(`#${a(1022)}foo=1`, 'config-unknown-key'),
  ring(`name=${a(65)}`, 'config-too-long'),
  ring(`authfile='${a(65)}'`, 'config-too-long'),
  ring(`${a(65)}=1`, 'config-too-long'),
  ring(`name= ${a(1200)}`, 'config-too-long', 'config-no-equals'),
  // keys
  ring('foo=1', 'config-unknown-key'),
  ring(`${a(64)}=1`, 'config-unknown-key'),
  ring('Site=192.0.2.9', 'config-unknown-key'),
  ring('__defaults__=1', 'config-unknown-key'),
  ticket('foo=1', 'config-unknown-key'),
  ring('expire=300', 'config-key-outside-ticket'),
  // values of global keys
  [`transport=TCP\n${RING}`, 'config-transport-unknown'],
  [`transport=''\n${RING}`, 'config-transport-unknown'],
  [`transport="UDP "\n${RING}`, 'config-transport-unknown'],
  [`transport=UDP\ntransport=UDP\n${RING}`, 'config-transport-repeated'],
  ring(`name=${a(63)}`, 'config-name-invalid'),
  ring(`name='${a(64)}'`, 'config-name-invalid'),
  // members
  [sites(17), 'config-members-too-many'],
  [sites(20), 'config-members-too-many'],
  ring('site=192.0.2.1', 'config-member-repeated'),
  ring('arbitrator=192.0.2.1', 'config-member-repeated'),
  ring('site=::1\nsite=0::1', 'config-member-repeated'),
  ring(`site=${a(64)}`, 'config-address-invalid'),
  ring("site=''", 'config-address-invalid'),
  ring("site='192.0.2.9 '", 'config-address-invalid'),
  ring('site=192.0.2.9 # x', 'config-address-invalid'),
  ring('site=[::1]', 'config-address-invalid'),
  ring('site=256.1.1.1', 'config-address-invalid'),
  ring('site=no-such-host.invalid', 'config-address-invalid'),
  // ticket names
  ring(`ticket=${a(64)}`, 'config-ticket-name-invalid'),
  ring("ticket=''", 'config-ticket-name-invalid'),
  ring('ticket=a_b', 'config-ticket-name-invalid'),
  ring('ticket=a.b', 'config-ticket-name-invalid'),
  ring("ticket='a b'", 'config-ticket-name-invalid'),
  ring('ticket=a # x', 'config-ticket-name-invalid'),
  ring('ticket=a\xc3\xa9', 'config-ticket-name-invalid'),
  ring('ticket="__defaults__ "', 'config-ticket-name-invalid'),
  ring('ticket=a\nticket=a', 'config-ticket-repeated'),
  // spans
  ticket('expire=30s', 'config-duration-invalid'),
  ticket('expire=300 # s', 'config-duration-invalid'),
  ticket('expire="300 ms"', 'config-duration-invalid'),
  ticket('expire=300MS', 'config-duration-invalid'),
  ticket('expire="300 "', 'config-duration-invalid'),
  ticket('expire=1.5', 'config-duration-invalid'),
  ticket('expire=1h', 'config-duration-invalid'),
  ticket('expire=0x10', 'config-duration-invalid'),
  ticket('expire=""', 'config-duration-invalid'),
  ticket('expire=+', 'config-duration-invalid'),
  ticket('expire=0', 'config-duration-range'),
  ticket('expire=-300', 'config-duration-range'),
  ticket('expire=2147484', 'config-duration-range'),
  ticket('expire=4294967', 'config-duration-range'),
  ticket('timeout=0', 'config-duration-range'),
  ticket('renewal-freq=0', 'config-duration-range'),
  ticket('acquire-after=-1', 'config-duration-range'),
  ticket('acquire-after=abc', 'config-duration-invalid'),
  ring('ticket=__defaults__\nacquire-after=x', 'config-duration-invalid'),
  // retries
  ticket('retries=2', 'config-retries-range'),
  ticket('retries=101\ntimeout=1', 'config-retries-range'),
  ticket('retries=08', 'config-retries-range'),
  ticket('retries="5 "', 'config-retries-range'),
  ticket('retries=5x', 'config-retries-range'),
  ticket('retries=""', 'config-retries-range'),
  ticket('retries=0x', 'config-retries-range'),
  // weights
  ticket('weights=a', 'config-weights-invalid'),
  ticket('weights=,1', 'config-weights-invalid'),
  ticket('weights=1,a', 'config-weights-invalid'),
  ticket('weights=--5', 'config-weights-invalid'),
  ticket('weights=1x2', 'config-weights-invalid'),
  ticket('weights=0x', 'config-weights-invalid'),
  ticket('weights=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 a', 'config-weights-invalid'),
  // prerequisites and handlers
  ticket('attr-prereq=auto a eq', 'config-prerequisite-invalid'),
  ticket('attr-prereq=""', 'config-prerequisite-invalid'),
  ticket('attr-prereq=AUTO a eq b', 'config-prerequisite-invalid'),
  ticket('attr-prereq=auto a EQ b', 'config-prerequisite-invalid'),
  ticket("attr-prereq='auto\va eq b'", 'config-prerequisite-invalid'),
  ticket(`before-acquire-handler=/x${' a'.repeat(15)}`, 'config-handler-arguments'),
  // checks at the end of a stanza
  ticket('expire=110', 'config-retry-rule'),
  ticket('expire=110001ms', 'config-retry-rule'),
  ticket('expire=1ms', 'config-retry-rule'),
  ticket('renewal-freq=55', 'config-retry-rule'),
  ticket('expire=1\nticket=b', 'config-retry-rule'),
  ring('ticket=__defaults__\nexpire=60', 'config-retry-rule'),
  ring('ticket=__defaults__\nexpire=60\nticket=b\nexpire=600', 'config-retry-rule'),
  ring('ticket=__defaults__\nrenewal-freq=1000\ntimeout=50\nticket=a', 'config-retry-rule'),
];

/** booth accepts, we refuse: each is marked `Differs from booth:` in the table of codes. */
const differing: readonly Row[] = [
  ['', 'config-members-none'],
  ['# nothing\n', 'config-members-none'],
  [`transport=SCTP\n${RING}`, 'config-transport-unknown'],
  [`port=0\n${RING}`, 'config-port-zero'],
  [`port=abc\n${RING}`, 'config-port-zero'],
  [`port=65536\n${RING}`, 'config-port-zero'],
  [`port=99999999999\n${RING}`, 'config-number-range'],
  [`maxtimeskew=0\n${RING}`, 'config-maxtimeskew-range'],
  [`maxtimeskew=-5\n${RING}`, 'config-maxtimeskew-range'],
  [`maxtimeskew=abc\n${RING}`, 'config-maxtimeskew-range'],
  [`name=a/b\n${RING}`, 'config-name-invalid'],
  [`name=..\n${RING}`, 'config-name-invalid'],
  [`name=\xff\n${RING}`, 'config-not-utf8'],
  [`debug=1\0x\n${RING}`, 'config-binary'],
  [`# \0\n${RING}`, 'config-binary'],
  ticket('weights=08', 'config-weights-invalid'),
  ticket('weights=99999999999', 'config-weights-invalid'),
  ticket('retries=4294967301', 'config-retries-range'),
  ticket('timeout=2147483647ms\nretries=3', 'config-duration-range'),
  ticket('timeout=1073741824ms\nretries=3', 'config-retry-rule'),
  ticket('expire=5000\nacquire-after=1ms', 'config-lease-unit'),
];

export const confCases: readonly ConfCase[] = [
  ...accepted.map((row) => toCase('accepts', row)),
  ...refused.map((row) => toCase('refuses', row)),
  ...differing.map((row) => toCase('accepts', row)),
];
