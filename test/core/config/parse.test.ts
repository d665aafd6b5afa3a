import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { renderProblem } from '../../../core/base/problem.ts';
import { hostNamesOf, parseConfig } from '../../../core/config/parse.ts';
import { PROBLEMS_MAX } from '../../../core/config/report.ts';
import { RING, TICKET } from './conf-cases.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const parse = (text: string, path = '/etc/booth/booth.conf') =>
  parseConfig(encode(text), {
    path,
    resolve: (name) => (name === 'berlin.example' ? parseAddress('192.0.2.77') : null),
  });

const accepted = (text: string, path?: string) => {
  const { config, problems } = parse(text, path);
  expect.assert(config !== null, problems.map(renderProblem).join('\n'));
  return config;
};

const ticketOf = (lines: string) => accepted(`${TICKET}${lines}`).tickets[0];

/** Codes with places, as `code@line:column`. */
const found = (text: string): string[] =>
  parse(text).problems.map(
    ({ code, where }) => `${code}@${String(where?.line)}:${String(where?.column)}`,
  );

describe('values', () => {
  test('a file with nothing but members and a ticket has every default', () => {
    const first = parseAddress('192.0.2.1');
    expect.assert(first !== null);
    expect(accepted(TICKET)).toEqual({
      name: 'booth',
      path: '/etc/booth/booth.conf',
      transport: 'UDP',
      port: 9929,
      authFile: null,
      maxTimeSkewSecs: 600,
      debugLevel: 0,
      leaseUnit: 's',
      members: [
        { role: 'site', port: 9929, id: memberIdOfAddress(first), address: first },
        expect.objectContaining({ role: 'site' }),
        expect.objectContaining({ role: 'arbitrator', address: parseAddress('192.0.2.3') }),
      ],
      tickets: [
        {
          name: 'a',
          expireMs: 600_000,
          timeoutMs: 5000,
          retries: 10,
          renewalMs: 300_000,
          acquireAfterMs: 0,
          mode: 'automatic',
          handler: null,
          prerequisites: [],
          weights: [],
        },
      ],
    });
  });

  test('every key is taken over', () => {
    const config = accepted(
      `transport = udp\nname = geo\nauthfile = /etc/booth/geo.key\nmaxtimeskew = 30\ndebug = 2\nport = 9930\n${TICKET}` +
        '  expire = 300\n  timeout = 1500ms\n  retries = 0x5\n  renewal-freq = 40\n  acquire-after = 60\n' +
        '  before-acquire-handler = /usr/share/booth/service-runnable db  x\n' +
        '  attr-prereq = auto up eq yes\n  attr-prereq = manual up ne no\n  mode = Manual\n  weights = 1,2;3\n',
    );
    expect(config).toMatchObject({
      name: 'geo',
      authFile: '/etc/booth/geo.key',
      maxTimeSkewSecs: 30,
      debugLevel: 2,
      port: 9930,
      leaseUnit: 'ms',
    });
    expect(config.tickets).toEqual([
      {
        name: 'a',
        expireMs: 300_000,
        timeoutMs: 1500,
        retries: 5,
        renewalMs: 40_000,
        acquireAfterMs: 60_000,
        mode: 'manual',
        handler: { path: '/usr/share/booth/service-runnable', args: ['db', 'x'] },
        prerequisites: [
          { grantType: 'auto', attribute: 'up', operator: 'eq', value: 'yes' },
          { grantType: 'manual', attribute: 'up', operator: 'ne', value: 'no' },
        ],
        weights: [1, 2, 3],
      },
    ]);
  });

  test.each([
    ['port = 70000', 4464],
    ['port = -1', 65535],
    ['port = 99x', 99],
  ])('%s is read as booth reads it', (line, port) => {
    expect(accepted(`${line}\n${RING}`).port).toBe(port);
  });

  test('a port applies to the members after it', () => {
    const config = accepted('site = 10.0.0.1\nport = 5\nsite = 10.0.0.2\narbitrator = 10.0.0.3\n');
    expect(config.members.map(({ port }) => port)).toEqual([9929, 5, 5]);
  });

  test.each([
    ['/etc/booth/x.y.conf', 'x.y'],
    ['geo.conf', 'geo'],
    ['./geo', 'geo'],
    [`/a.b/${'n'.repeat(63)}.conf`, 'n'.repeat(63)],
  ])('the configuration of %s is called %s', (path, name) => {
    expect(accepted(RING, path).name).toBe(name);
  });

  test.each([`${'n'.repeat(64)}.conf`, '/etc/booth/.conf', '/etc/booth/..conf'])(
    'the file name %s gives no configuration name',
    (path) => {
      const { config, problems } = parse(RING, path);
      expect(config).toBeNull();
      expect(problems.map(({ code }) => code)).toEqual(['config-name-invalid']);
      expect(parse(`name = geo\n${RING}`, path).config?.name).toBe('geo');
    },
  );

  test('an empty value unsets name and authfile', () => {
    const config = accepted(`name = x\nname = ""\nauthfile = x\nauthfile = ''\n${RING}`);
    expect(config).toMatchObject({ name: 'booth', authFile: null });
  });

  test.each([
    ['5000ms', 's'],
    ['4999ms', 'ms'],
  ])('a timeout of %s makes the unit of leases %s', (timeout, unit) => {
    expect(accepted(`${TICKET}timeout = ${timeout}`).leaseUnit).toBe(unit);
    expect(accepted(`${TICKET}timeout = ${timeout}\ntimeout = 5`).leaseUnit).toBe(unit);
    expect(accepted(`${RING}ticket=__defaults__\nacquire-after=${timeout}`).leaseUnit).toBe(unit);
  });

  test('half of an odd expire is no span of the file', () => {
    expect(accepted(`${TICKET}expire = 301`)).toMatchObject({
      leaseUnit: 's',
      tickets: [{ renewalMs: 150_500 }],
    });
  });

  test.each([
    ['-5,-3', [-5, 3]],
    ['1--5', [1, 5]],
    ['0x5 010', [5, 8]],
    ['', []],
  ])('weights "%s" are %j', (text, weights) => {
    expect(ticketOf(`weights = "${text}"`)?.weights).toEqual(weights);
  });

  test('at most sixteen weights are read', () => {
    const numbers = Array.from({ length: 16 }, (_, index) => index);
    expect(ticketOf(`weights = ${numbers.join(' ')} 1x`)?.weights).toEqual(numbers);
  });
});

describe('__defaults__', () => {
  const inherited = 'expire=100\ntimeout=2\nretries=5\nmode=manual\nweights=1\n';
  const ignored =
    'renewal-freq=20\nacquire-after=500\nbefore-acquire-handler=/x\nattr-prereq=auto a eq b\n';

  test('hands on what booth hands on, and nothing else', () => {
    const { config, problems } = parse(
      `${RING}ticket="__defaults__"\n${inherited}${ignored}ticket=a\n`,
    );
    expect(config?.tickets).toEqual([
      {
        name: 'a',
        expireMs: 100_000,
        timeoutMs: 2000,
        retries: 5,
        mode: 'manual',
        weights: [1],
        renewalMs: 50_000,
        acquireAfterMs: 0,
        handler: null,
        prerequisites: [],
      },
    ]);
    const warned = problems.filter(({ code }) => code === 'config-defaults-ignored');
    expect(warned.map(({ message }) => message.split(' ')[0])).toEqual([
      'renewal-freq',
      'acquire-after',
      'before-acquire-handler',
      'attr-prereq',
    ]);
  });

  test('changes only the tickets after it, and says so', () => {
    const text = `${RING}ticket=a\nticket=__defaults__\nretries=4\nticket=b\n`;
    expect(accepted(text).tickets.map(({ retries }) => retries)).toEqual([10, 4]);
    expect(found(text)).toEqual(['config-defaults-late@5:1']);
  });
});

describe('warnings', () => {
  test.each([
    ['site = 10.0.0.1\nsite = 10.0.0.2', 'config-members-even@undefined:undefined'],
    ['arbitrator = 10.0.0.1', 'config-members-no-site@undefined:undefined'],
    [`${RING}port = 5`, 'config-port-after-members@4:1'],
    [`${RING}site-user = root`, 'config-key-no-effect@4:1'],
    [`${RING}arbitrator-group = x`, 'config-key-no-effect@4:1'],
    [`${RING}debug = 1\ndebug = 2`, 'config-repeated-key@5:1'],
    [`${RING}name = a # b`, 'config-hash-in-value@4:8'],
    [`port = 70000\n${RING}`, 'config-number-lenient@1:8'],
    [`port = 99x\n${RING}`, 'config-number-lenient@1:8'],
    [`debug = x\n${RING}`, 'config-number-lenient@1:9'],
    [`${RING}ticket = ${'a'.repeat(63)}`, 'config-ticket-name-long@4:10'],
    [`${TICKET}mode = manul`, 'config-mode-unknown@5:8'],
    [`${TICKET}weights = 1`, 'config-weights-unused@5:1'],
    [`${TICKET}expire = 30\nrenewal-freq = 60`, 'config-renewal-not-before-expiry@4:1'],
    [`${TICKET}expire = 60\nrenewal-freq = 60`, 'config-renewal-not-before-expiry@4:1'],
    [`${TICKET}retries = 3\nretries = 4`, 'config-repeated-key@6:1'],
    [`${TICKET}before-acquire-handler = ""`, 'config-handler-empty@5:27'],
    [`${TICKET}attr-prereq = auto a eq b c`, 'config-prerequisite-surplus@5:15'],
    [`${RING}#${'x'.repeat(1022)}`, undefined],
    [`${RING}#${'x'.repeat(1022)} `, 'config-line-too-long@4:1024'],
  ])('%j', (text, expected) => {
    expect(found(text)).toEqual(expected === undefined ? [] : [expected]);
    expect(parse(text).config).not.toBeNull();
  });

  test.each(['mode = automatic', 'mode = AUTO', 'port = 9929', 'name = a#b', 'maxtimeskew = 5'])(
    '%s is nothing to warn about',
    (line) => {
      expect(found(`${TICKET}${line}`)).toEqual([]);
    },
  );

  test('a port line between members is nothing to warn about', () => {
    expect(found('site=10.0.0.1\nport=5\nsite=10.0.0.2\nsite=10.0.0.3')).toEqual([]);
  });
});

describe('problems', () => {
  test('all of a file are found at once, in its order, each with what to write instead', () => {
    const text = [
      'expires = 5',
      'site = 10.0.0.1',
      'site = 10.0.0.2 # two',
      'Site = 10.0.0.3',
      'arbitrator = 10.0.0.1',
      'ticket = "db"',
      '  expire = 30s',
      '  timeout = 1h',
      '  retires = 4',
      'ticket = "web"',
      '  expire = 60',
      'enable-authfile = 1',
      'state-dir = /x',
      'frobnicate = 1',
    ].join('\n');
    expect(parse(text).problems.map(renderProblem)).toEqual([
      '/etc/booth/booth.conf:1:1: error: unknown key "expires": did you mean expire? [config-unknown-key]',
      '/etc/booth/booth.conf:3:8: error: site: "10.0.0.2 # two" is no IP address and no host name that can be resolved; a # after an unquoted value belongs to the value: write site = "value" # comment [config-address-invalid]',
      '/etc/booth/booth.conf:4:1: error: unknown key "Site": did you mean site? [config-unknown-key]',
      '/etc/booth/booth.conf:5:14: error: "10.0.0.1" is the same address as "10.0.0.1" of line 2: list each member once [config-member-repeated]',
      '/etc/booth/booth.conf:7:12: error: expire: expected seconds as in 30, or milliseconds as in 1500ms, found "30s", write 30 [config-duration-invalid]',
      '/etc/booth/booth.conf:8:13: error: timeout: expected seconds as in 30, or milliseconds as in 1500ms, found "1h", write 3600 [config-duration-invalid]',
      '/etc/booth/booth.conf:9:3: error: unknown key "retires": did you mean retries? [config-unknown-key]',
      '/etc/booth/booth.conf:10:1: error: ticket "web": timeout * (retries + 1) must be less than renewal-freq (5s * 11 = 55s, renewal-freq 30s): raise expire above 110, or lower timeout or retries [config-retry-rule]',
      '/etc/booth/booth.conf:12:1: error: unknown key "enable-authfile": only patched builds of booth know it, write authfile = PATH [config-unknown-key]',
      '/etc/booth/booth.conf:13:1: error: unknown key "state-dir": it belongs into NAME.local.conf beside this file [config-unknown-key]',
      expect.stringMatching(
        /^\/etc\/booth\/booth.conf:14:1: error: unknown key "frobnicate": known are transport, /,
      ),
    ]);
  });

  test('columns count on where booth cuts an over-long line', () => {
    expect(found(`${RING}#${'x'.repeat(1022)}foo=1`)).toEqual([
      'config-line-too-long@4:1024',
      'config-unknown-key@4:1024',
    ]);
  });

  test.each([
    ['[2001:db8::1]', 'write 2001:db8::1 without brackets'],
    ['[::1]:9929', 'write ::1 without brackets'],
    ['10.0.0.9:9930', 'write 10.0.0.9 here, and the port as port = NUMBER'],
    ['"10.0.0.9 "', 'remove the blanks inside the quotes'],
  ])('site = %s is answered by "%s"', (value, advice) => {
    expect(parse(`${RING}site = ${value}`).problems[0]?.message).toContain(advice);
  });

  test('control characters of a file never reach the terminal', () => {
    const { problems } = parse(`${RING}\u001b[2J = 1\nx\u009b = 2\nticket = "\u001b]0;x\u0007"`);
    expect(problems.length).toBe(3);
    for (const { message } of problems) expect(message).toMatch(/^[^\p{Cc}\p{Cf}]+$/u);
  });

  test('more than a thousand are counted, and an error among them still counts', () => {
    const { config, problems } = parse(`${RING}${'site-user = x\n'.repeat(2000)}foo = 1\n`);
    expect(config).toBeNull();
    expect(problems.length).toBe(PROBLEMS_MAX + 1);
    expect(problems.at(-1)).toMatchObject({ severity: 'error', code: 'config-more-problems' });
    expect(problems.at(-1)?.message).toContain(`${String(1999 + 2000 + 1 - PROBLEMS_MAX)} more`);
  });

  test('more than a thousand warnings refuse nothing', () => {
    const { config, problems } = parse(`${RING}${'site-user = x\n'.repeat(1500)}`);
    expect(config).not.toBeNull();
    expect(problems.at(-1)).toMatchObject({ severity: 'warning', code: 'config-more-problems' });
  });

  test.each([
    ['\xff\xfes\0i\0', 'config-byte-order-mark'],
    ['site = 10.0.0.1\n\nab\0cd', 'config-binary'],
  ])('what is no text gets one message', (text, code) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const { problems } = parseConfig(bytes, { path: 'x', resolve: () => null });
    expect(problems.map((one) => one.code)).toEqual([code]);
    if (code === 'config-binary') expect(problems[0]?.where).toMatchObject({ line: 3, column: 3 });
  });

  test('a byte-order mark hides no other problem', () => {
    expect(found(`\ufeff${RING}foo = 1`)).toEqual([
      'config-byte-order-mark@1:1',
      'config-unknown-key@4:1',
    ]);
  });

  test('a file above 1 MiB is not read, one of 1 MiB is', () => {
    const bytes = new Uint8Array(1024 * 1024).fill(10);
    bytes.set(encode(RING));
    const source = { path: '/x/booth.conf', resolve: () => null };
    expect(parseConfig(bytes, source).config).not.toBeNull();
    const { config, problems } = parseConfig(Uint8Array.from([...bytes, 10]), source);
    expect(config).toBeNull();
    expect(problems.map(({ code }) => code)).toEqual(['config-too-large']);
  });
});

describe('host names', () => {
  test('are listed for resolving, without addresses, repetition and what is refused anyway', () => {
    const names = Array.from({ length: 20 }, (_, index) => `site = h${String(index)}\n`).join('');
    expect(
      hostNamesOf(encode(`${RING}name = x\nsite=b # x\nsite=a\nsite=a\nsite=""\nfoo`)),
    ).toEqual(['b # x', 'a']);
    expect(hostNamesOf(encode(names))).toHaveLength(16);
    expect(hostNamesOf(encode(`site = ${'a'.repeat(64)}`))).toEqual([]);
    expect(hostNamesOf(encode('\0'))).toEqual([]);
  });

  test('become addresses', () => {
    const config = accepted(`${RING}site = berlin.example\nsite = 10.0.0.4`);
    expect(config.members[3]?.address.text).toBe('192.0.2.77');
  });

  test('with a zone are accepted with a warning', () => {
    const { config, problems } = parseConfig(encode(`${TICKET}site=fe80::1%eth0\nsite=10.0.0.4`), {
      path: 'x',
      resolve: () => parseAddress('fe80::1'),
    });
    expect(config?.members[3]?.address.text).toBe('fe80::1');
    expect(problems.map(({ code }) => code)).toEqual(['config-address-zone-lost']);
  });
});
