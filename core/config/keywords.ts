/**
 * The keys of booth.conf in one table (booth-conf section 4): the parser, the checks, the printer,
 * `--help` and the README all read this, so that they cannot disagree.
 */

/** What a value may be; spans are in milliseconds here and in seconds, or with `ms`, in the file. */
export type ValueRule =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly byDefault: string }
  | {
      readonly kind: 'integer';
      readonly min: number;
      readonly max: number;
      readonly byDefault: number;
    }
  | { readonly kind: 'span'; readonly minMs: number; readonly defaultMs: number | null }
  | { readonly kind: 'text'; readonly form: string; readonly maxBytes: number };

export interface Keyword {
  /** `global` keys may stand anywhere; `ticket` keys only below a ticket line. */
  readonly scope: 'global' | 'ticket';
  readonly value: ValueRule;
  /** What a second line with this key does: replace the first, add to it, or nothing good. */
  readonly repeated: 'replaces' | 'adds' | 'refused';
  /** Whether later tickets inherit it from `__defaults__`; null for global keys. */
  readonly inDefaults: 'inherited' | 'ignored' | null;
  readonly help: string;
}

/** Longest key and longest value, in bytes, whatever the key. */
export const WORD_BYTES_MAX = 64;

/**
 * The longest span, in milliseconds.
 *
 * Differs from booth: spans above 2147483 s are refused. booth keeps milliseconds in 32 bits
 * without a range check, so that larger numbers wrap to something else or are refused by luck.
 */
export const SPAN_MS_MAX = 2_147_483_000;

export const PORT_BY_DEFAULT = 9929;
export const MEMBERS_MAX = 16;

/** The stanza whose values later tickets start from. */
export const DEFAULTS_STANZA = '__defaults__';

const text = (form: string, maxBytes = WORD_BYTES_MAX) =>
  ({ kind: 'text', form, maxBytes }) as const;

const table = {
  transport: {
    scope: 'global',
    value: { kind: 'words', words: ['UDP'], byDefault: 'UDP' },
    repeated: 'refused',
    inDefaults: null,
    help: 'how members talk to each other; clients always use TCP',
  },
  port: {
    scope: 'global',
    value: { kind: 'integer', min: 1, max: 65535, byDefault: PORT_BY_DEFAULT },
    repeated: 'adds',
    inDefaults: null,
    help: 'UDP and TCP port of the members listed after this line',
  },
  name: {
    scope: 'global',
    value: text('text without /', 62),
    repeated: 'replaces',
    inDefaults: null,
    help: 'configuration name; by default the name of the file without its extension',
  },
  authfile: {
    scope: 'global',
    value: text('path'),
    repeated: 'replaces',
    inDefaults: null,
    help: 'file with the shared key; without it messages are not authenticated',
  },
  maxtimeskew: {
    scope: 'global',
    value: { kind: 'integer', min: 1, max: 2147483647, byDefault: 600 },
    repeated: 'replaces',
    inDefaults: null,
    help: 'seconds an authenticated message may be older or newer than the local clock',
  },
  debug: {
    scope: 'global',
    value: { kind: 'integer', min: -2147483648, max: 2147483647, byDefault: 0 },
    repeated: 'replaces',
    inDefaults: null,
    help: 'debug level of the daemon, if higher than the number of -D flags',
  },
  site: {
    scope: 'global',
    value: text('address or host name', 63),
    repeated: 'adds',
    inDefaults: null,
    help: 'a member that can hold tickets; sites and arbitrators together at most 16',
  },
  arbitrator: {
    scope: 'global',
    value: text('address or host name', 63),
    repeated: 'adds',
    inDefaults: null,
    help: 'a member that only votes',
  },
  'site-user': unusedUser('site'),
  'site-group': unusedUser('site'),
  'arbitrator-user': unusedUser('arbitrator'),
  'arbitrator-group': unusedUser('arbitrator'),
  ticket: {
    scope: 'global',
    value: text('letters, digits, - and /, or __defaults__', 63),
    repeated: 'adds',
    inDefaults: null,
    help: 'opens a ticket; the ticket keys below it belong to this ticket',
  },
  expire: {
    scope: 'ticket',
    value: { kind: 'span', minMs: 1, defaultMs: 600_000 },
    repeated: 'replaces',
    inDefaults: 'inherited',
    help: 'the lease: how long a site may hold the ticket without renewing it',
  },
  timeout: {
    scope: 'ticket',
    value: { kind: 'span', minMs: 1, defaultMs: 5000 },
    repeated: 'replaces',
    inDefaults: 'inherited',
    help: 'wait for answers; also the length of an election',
  },
  retries: {
    scope: 'ticket',
    value: { kind: 'integer', min: 3, max: 100, byDefault: 10 },
    repeated: 'replaces',
    inDefaults: 'inherited',
    help: 'how often an unanswered message is sent again',
  },
  'renewal-freq': {
    scope: 'ticket',
    value: { kind: 'span', minMs: 1, defaultMs: null },
    repeated: 'replaces',
    inDefaults: 'ignored',
    help: 'how often the lease is renewed; by default half of expire',
  },
  'acquire-after': {
    scope: 'ticket',
    value: { kind: 'span', minMs: 0, defaultMs: 0 },
    repeated: 'replaces',
    inDefaults: 'ignored',
    help: 'extra wait after a lease ran out before another site may take the ticket',
  },
  'before-acquire-handler': {
    scope: 'ticket',
    value: text('program or folder, then at most 14 arguments'),
    repeated: 'replaces',
    inDefaults: 'ignored',
    help: 'asked before the ticket is acquired or renewed; failure gives the ticket up',
  },
  'attr-prereq': {
    scope: 'ticket',
    value: text('auto|manual NAME eq|ne VALUE'),
    repeated: 'adds',
    inDefaults: 'ignored',
    help: 'condition on a geo attribute; all of them must hold',
  },
  mode: {
    scope: 'ticket',
    value: { kind: 'words', words: ['automatic', 'manual'], byDefault: 'automatic' },
    repeated: 'replaces',
    inDefaults: 'inherited',
    help: 'manual: the operator alone grants and revokes, without lease and election',
  },
  weights: {
    scope: 'ticket',
    value: text('at most 16 integers'),
    repeated: 'replaces',
    inDefaults: 'inherited',
    help: 'accepted for compatibility, never used',
  },
} as const satisfies Record<string, Keyword>;

function unusedUser(role: string) {
  return {
    scope: 'global',
    value: text('name'),
    repeated: 'replaces',
    inDefaults: null,
    help: `accepted for compatibility, never used: start the ${role} as the account it shall run as`,
  } as const;
}

type Table = typeof table;
export type KeywordName = keyof Table;
type NameOfScope<Scope> = {
  [Name in KeywordName]: Table[Name]['scope'] extends Scope ? Name : never;
}[KeywordName];
export type GlobalKey = NameOfScope<'global'>;
export type TicketKey = NameOfScope<'ticket'>;

/** Every key with its rule, by name. */
export const keywords: { readonly [Name in KeywordName]: Table[Name] } = table;

/** Every key, in the order of the table. */
export const keywordNames = Object.keys(table) as readonly KeywordName[];

/** True for a key of booth.conf, in this spelling. */
export const isKeyword = (key: string): key is KeywordName => Object.hasOwn(table, key);

/** True for a key that stands below a ticket line. */
export const isTicketKey = (key: KeywordName): key is TicketKey => table[key].scope === 'ticket';
