import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { keywordNames } from '../../../core/config/keywords.ts';
import { parseLocalConfig } from '../../../core/config/local-config.ts';
import type { RingConfig, RingMember, TicketConfig } from '../../../core/config/model.ts';
import { hostNamesOf, parseConfig } from '../../../core/config/parse.ts';
import { printConfig } from '../../../core/config/print.ts';

const source = { path: '/etc/booth/booth.conf', resolve: () => null };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const survives = (bytes: Uint8Array): void => {
  const { config, problems } = parseConfig(bytes, source);
  expect(config === null).toBe(problems.some(({ severity }) => severity === 'error'));
  hostNamesOf(bytes);
  parseLocalConfig(bytes, 'x');
};

test('no bytes make the parser throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), survives), { numRuns: 300 });
});

/** Lines that get past the lexer, and pieces of lines that do not. */
const lines = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...keywordNames), fc.string({ maxLength: 70 }))
      .map(([key, value]) => `${key} = ${value}`),
    fc
      .tuple(fc.constantFrom(...keywordNames), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([key, value]) => `${key} = "${value}"`),
    fc
      .tuple(fc.constantFrom(...keywordNames), fc.integer())
      .map(([key, value]) => `${key}=${String(value)}`),
    fc.constantFrom('ticket = a', 'ticket = "__defaults__"', 'site = 10.0.0.1', 'site = ::1', '"'),
    fc.string({ maxLength: 1100 }),
  ),
  { maxLength: 40 },
);

test('no lines of known keys make the parser throw', () => {
  fc.assert(
    fc.property(lines, (texts) => {
      survives(encode(texts.join('\n')));
    }),
    { numRuns: 500 },
  );
});

test('whatever is accepted is printed so that it reads back equal', () => {
  const fragments = fc.array(
    fc.constantFrom(
      ...[
        'ticket = "b"',
        "ticket = '__defaults__'",
        'expire = 90',
        'timeout = 1',
        'timeout = 999ms',
      ],
      ...[
        'renewal-freq = 44',
        'acquire-after = 7',
        'retries = 3',
        'mode = manual',
        'weights = 1;2',
      ],
      ...[
        'attr-prereq = "auto  x ne \'y"',
        "before-acquire-handler = '\t/x\v'",
        'port = 5',
        'port = 9929',
      ],
      ...[
        'site = 10.0.0.7',
        'arbitrator = 2001:DB8::9',
        'name = "x y"',
        "name = '\" '",
        'authfile = " #"',
      ],
      ...['debug = -3', 'maxtimeskew = 9', 'ticket = c/d'],
    ),
    { maxLength: 14 },
  );
  let accepted = 0;
  fc.assert(
    fc.property(fragments, (texts) => {
      const bytes = encode(
        `site = 10.0.0.1\nticket = a\ntimeout = 2\nretries = 3\n${texts.join('\n')}`,
      );
      const { config } = parseConfig(bytes, source);
      if (config === null) return;
      accepted += 1;
      expect(parseConfig(encode(printConfig(config)), source).config).toEqual(config);
    }),
    { numRuns: 1000, seed: 20260101 },
  );
  expect(accepted).toBeGreaterThan(100);
});

const word = fc.stringMatching(/^[!-~]{1,8}$/);

const addresses = fc.uniqueArray(
  fc.oneof(
    fc.ipV4().filter((text) => parseAddress(text) !== null),
    fc.ipV6().filter((text) => parseAddress(text) !== null),
  ),
  { minLength: 1, maxLength: 16, selector: (text) => memberId(text) },
);

const memberId = (text: string): number => {
  const address = parseAddress(text);
  return address === null ? 0 : memberIdOfAddress(address);
};

const members = fc
  .tuple(addresses, fc.constantFrom('site', 'arbitrator'), fc.integer({ min: 1, max: 65535 }))
  .map(([texts, role, port]) =>
    texts.flatMap((text, index): RingMember[] => {
      const address = parseAddress(text);
      if (address === null) return [];
      const id = memberIdOfAddress(address);
      return [
        { id, role: index % 2 === 0 ? 'site' : role, address, port: index < 3 ? 9929 : port },
      ];
    }),
  );

const spanMs = (unitMs: number) =>
  fc.integer({ min: 1, max: Math.floor(4_000_000 / unitMs) }).map((count) => count * unitMs);

const ticketsOf = (unitMs: number): fc.Arbitrary<TicketConfig[]> =>
  fc.uniqueArray(
    fc
      .record({
        name: fc.stringMatching(/^[A-Za-z0-9/-]{1,63}$/),
        expireMs: spanMs(unitMs),
        timeoutMs: spanMs(unitMs).map((ms) =>
          Math.max(unitMs, Math.floor(ms / 1000 / unitMs) * unitMs),
        ),
        retries: fc.integer({ min: 3, max: 100 }),
        renewalMs: fc.option(spanMs(unitMs)),
        acquireAfterMs: fc.integer({ min: 0, max: 1000 }).map((count) => count * unitMs),
        mode: fc.constantFrom('automatic', 'manual'),
        handler: fc.option(fc.record({ path: word, args: fc.array(word, { maxLength: 3 }) })),
        prerequisites: fc.array(
          fc.record({
            grantType: fc.constantFrom('auto', 'manual'),
            attribute: word,
            operator: fc.constantFrom('eq', 'ne'),
            value: word,
          }),
          { maxLength: 2 },
        ),
        weights: fc.array(fc.nat(1000), { maxLength: 12 }),
      })
      .map((ticket): TicketConfig => {
        const renewalMs = ticket.renewalMs ?? Math.floor(ticket.expireMs / 2);
        return { ...ticket, renewalMs };
      })
      .filter(({ timeoutMs, retries, renewalMs }) => timeoutMs * (retries + 1) < renewalMs)
      .filter(({ handler }) => handler === null || !/^["']/.test(handler.path)),
    { maxLength: 4, selector: ({ name }) => name },
  );

/** Configurations that a file can express, not the other way round. */
const configs = fc.constantFrom<'s' | 'ms'>('s', 'ms').chain((leaseUnit) =>
  fc.record({
    name: fc.oneof(fc.constant('booth'), fc.stringMatching(/^[a-z][ -.0-~]{0,60}[a-z]$/)),
    path: fc.constant(source.path),
    transport: fc.constant('UDP' as const),
    port: fc.integer({ min: 1, max: 65535 }),
    authFile: fc.option(fc.stringMatching(/^\/[ -~]{0,62}$/).filter((path) => !/["']/.test(path))),
    maxTimeSkewSecs: fc.integer({ min: 1, max: 2147483647 }),
    debugLevel: fc.integer({ min: -5, max: 100 }),
    members,
    tickets: ticketsOf(leaseUnit === 's' ? 1000 : 1),
    leaseUnit: fc.constant(leaseUnit),
  }),
);

test('a printed configuration is accepted and reads back equal', () => {
  fc.assert(
    fc.property(configs, (config: RingConfig) => {
      const { config: again, problems } = parseConfig(encode(printConfig(config)), source);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(again).toEqual(config);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['keys of one letter', 'a=1\n'],
  ['keys of many letters', `${'renewal-frequency-seconds'}=1\n`],
  ['prerequisites', 'attr-prereq = auto a eq b\n'],
  ['blanks', `name = a${' '.repeat(1000)}b\n`],
  ['tickets of one name', 'ticket = a\n'],
  ['members', 'site = x\n'],
])(
  'a file filled with %s is read in time that grows with its size only',
  (_, line) => {
    const text = `site = 10.0.0.1\nticket = a\n${line.repeat(Math.floor(1_048_000 / line.length))}`;
    expect(text.length).toBeGreaterThan(1_000_000);
    survives(encode(text));
  },
  10_000,
);
