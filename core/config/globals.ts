/** The global keys: what they set in the ring (booth-conf sections 3 to 5). */
import { configNameOf, nameFault } from './config-name.ts';
import { excerpt } from './excerpt.ts';
import { keywords, PORT_BY_DEFAULT, type GlobalKey } from './keywords.ts';
import type { MemberCollector } from './members.ts';
import { isInt32, readLeadingDigits } from './number.ts';
import type { Place, Report } from './report.ts';
import type { Statement } from './statement.ts';

/** The global values of a file while it is read. */
export interface Globals {
  /** As far as the file says; null: derived from the path. */
  name: string | null;
  port: number;
  authFile: string | null;
  maxTimeSkewSecs: number;
  debugLevel: number;
  transportLine: number | null;
  /** The last `port` line no member followed yet, and the port before it. */
  unusedPort: { readonly place: Place; readonly before: number } | null;
  hasMembers: boolean;
}

/** As a file without any global key sets them. */
export const newGlobals = (): Globals => ({
  name: null,
  port: PORT_BY_DEFAULT,
  authFile: null,
  maxTimeSkewSecs: keywords.maxtimeskew.value.byDefault,
  debugLevel: keywords.debug.value.byDefault,
  transportLine: null,
  unusedPort: null,
  hasMembers: false,
});

/** What the setters of global keys work on. */
export interface GlobalContext {
  readonly globals: Globals;
  readonly members: MemberCollector;
  readonly report: Report;
}

type Setter = (context: GlobalContext, statement: Statement) => void;

/** How each global key is taken over; `ticket` opens a stanza and is not handled here. */
export const setGlobal: { readonly [Key in Exclude<GlobalKey, 'ticket'>]: Setter } = {
  transport: setTransport,
  port: setPort,
  name: setName,
  authfile: ({ globals }, { value }) => {
    globals.authFile = value === '' ? null : value;
  },
  maxtimeskew: (context, statement) => {
    const secs = readNumber(context, statement);
    if (secs === null) return;
    if (secs < keywords.maxtimeskew.value.min) {
      const message = `maxtimeskew must be at least 1 second, found ${excerpt(statement.value)}: no client message could be recent enough`;
      context.report.error('config-maxtimeskew-range', message, statement.valueAt);
    } else context.globals.maxTimeSkewSecs = secs;
  },
  debug: (context, statement) => {
    context.globals.debugLevel = readNumber(context, statement) ?? context.globals.debugLevel;
  },
  site: (context, statement) => {
    addMember('site', context, statement);
  },
  arbitrator: (context, statement) => {
    addMember('arbitrator', context, statement);
  },
  'site-user': warnUnused,
  'site-group': warnUnused,
  'arbitrator-user': warnUnused,
  'arbitrator-group': warnUnused,
};

/** Reports what only the end of the file shows, and gives the configuration its name. */
export function closeGlobals({ globals, report }: GlobalContext, path: string): string {
  const unused = globals.unusedPort;
  if (unused !== null && globals.hasMembers && unused.before !== globals.port) {
    const message = `port ${String(globals.port)} applies to no member, because none is listed after it: move the line above the first site`;
    report.warn('config-port-after-members', message, unused.place);
  }
  if (globals.name !== null) return globals.name;
  const name = configNameOf(path);
  const fault = nameFault(name, 'derived');
  if (fault !== null) report.error('config-name-invalid', fault, {});
  return name;
}

function setTransport({ globals, report }: GlobalContext, { value, keyAt, valueAt }: Statement) {
  if (globals.transportLine !== null) {
    const message = `transport is given again, remove this line or line ${String(globals.transportLine)}`;
    report.error('config-transport-repeated', message, keyAt);
    return;
  }
  globals.transportLine = keyAt.line ?? 0;
  if (value.toUpperCase() === 'UDP') return;
  const reason =
    value.toUpperCase() === 'SCTP'
      ? 'transport SCTP is not supported: write transport = UDP'
      : `transport must be UDP, found ${excerpt(value)}`;
  report.error('config-transport-unknown', reason, valueAt);
}

function setPort(context: GlobalContext, statement: Statement): void {
  const number = readNumber(context, statement);
  if (number === null) return;
  const { globals, report } = context;
  const port = number & 0xffff;
  if (port === 0) {
    const message = `port must be a number from 1 to 65535, found ${excerpt(statement.value)}`;
    report.error('config-port-zero', message, statement.valueAt);
    return;
  }
  if (port !== number) {
    const message = `port ${excerpt(statement.value)} is read as ${String(port)}, write a number from 1 to 65535`;
    report.warn('config-number-lenient', message, statement.valueAt);
  }
  globals.unusedPort = { place: statement.keyAt, before: globals.port };
  globals.port = port;
}

function setName({ globals, report }: GlobalContext, { value, valueAt }: Statement): void {
  const fault = value === '' ? null : nameFault(value, 'given');
  if (fault === null) globals.name = value === '' ? null : value;
  else report.error('config-name-invalid', fault, valueAt);
}

function addMember(
  role: 'site' | 'arbitrator',
  { globals, members }: GlobalContext,
  statement: Statement,
): void {
  globals.hasMembers = true;
  globals.unusedPort = null;
  members.add(role, statement, globals.port);
}

function warnUnused({ report }: GlobalContext, { key, keyAt }: Statement): void {
  const message = `${key} has no effect: start the daemon as the account it shall run as`;
  report.warn('config-key-no-effect', message, keyAt);
}

/** A number in booth's lenient reading; null after an error. */
function readNumber({ report }: GlobalContext, statement: Statement): number | null {
  const { key, value, valueAt } = statement;
  const { value: number, isWhole } = readLeadingDigits(value);
  if (!isInt32(number)) {
    const message = `${key}: number has more than 32 bits, found ${excerpt(value)}`;
    report.error('config-number-range', message, valueAt);
    return null;
  }
  if (!isWhole && number !== 0) {
    const message = `${key} ${excerpt(value)} is read as ${String(number)}, write the number alone`;
    report.warn('config-number-lenient', message, valueAt);
  } else if (!isWhole && key === 'debug') {
    const message = `debug ${excerpt(value)} is read as 0, write a number`;
    report.warn('config-number-lenient', message, valueAt);
  }
  return number;
}
