/** The help texts of booth, boothd, geostore and booth-keygen. */
import type { MemberRole } from '../base/role.ts';
import { renderExitCodes } from './exit-code.ts';

const commonOptions = `\
  -c NAME|FILE   the configuration: a path, or NAME for /etc/booth/NAME.conf
                 [default /etc/booth/booth.conf]
  -s SITE        the member to talk to, by address or name; "other" is the one
                 other site [default: the member this host is]
  --self ADDR    the member this host is, where its addresses do not tell
  --output-format text|json
                 json: one JSON document on standard output
  --request-timeout SECONDS
                 bear at most this much silence
`;

const daemonOptions = `\
  --self ADDR, -D -s ADDR
                 which member of the configuration this is
  --cluster embedded|pacemaker|none
  --state-dir DIR, --listen ADDR, --log-format json|plain
  --watchdog DEVICE
                 the guard lets it fire when resources do not stop
  --self-fence COMMAND [ARGUMENT ...]
                 stops this host when nothing else can; stands last
`;

/** Help of the daemons' own programs. */
export const daemonUsage = (role: MemberRole): string => `\
Usage:
  geobooth-${role} [options]

Runs ${role === 'site' ? 'a site' : 'an arbitrator'}. "boothd daemon" takes the same options and starts the program
that this host needs.

Options:
  -c NAME|FILE   the configuration: a path, or NAME for /etc/booth/NAME.conf
                 [default /etc/booth/booth.conf]
  -l FILE        lock file [default /var/run/booth/NAME.pid]
  -S             stay in the foreground and log to standard error
  -D             more log lines
${daemonOptions}  -h, --help     this help
  -V, --version

Exit codes:
  0  in the background: it serves; in the foreground: ended in order
  1  not started; the reasons are told
Examples:
  geobooth-${role} -S -c /etc/booth/booth.conf
`;

/** Help of booth, and of boothd, which is the same program and more. */
export const boothUsage = (): string => `\
Usage:
  booth list|peers [options]
  booth grant|revoke [options] TICKET
  booth status [options]
  boothd daemon [options]

Commands:
  list     the tickets and who holds them
  peers    the other members and what came from them
  grant    give a ticket to a site
  revoke   take a ticket back, from wherever it is
  status   whether the daemon of this host runs (exit code 0 or 7)
  daemon   run the daemon; also: start, site, arbitrator
  help, version

Options:
${commonOptions}  -t TICKET      the ticket, instead of a plain argument; may be left out if
                 only one is configured
  -F             grant: do not wait for sites that cannot be reached; for a
                 manual ticket: grant although it is granted elsewhere
  -w             grant, revoke: wait for the outcome
  -C             grant: wait until the cluster has stored the ticket
  -l FILE        status, daemon: lock file [default /var/run/booth/NAME.pid]
  -S             daemon: stay in the foreground; status: say it in words
  -D             more log lines
  -h             this help

Options of the daemon:
${daemonOptions}
Exit codes:
${renderExitCodes('boothd')}
Examples:
  booth list
  booth grant ticket-a                  (to this site)
  booth grant -w -s 192.0.2.12 ticket-a (to that site, waiting for the outcome)
  booth revoke ticket-a
  boothd daemon -S -c /etc/booth/booth.conf
`;

/** Help of geostore. */
export const geostoreUsage = (): string => `\
Usage:
  geostore set [options] ATTRIBUTE VALUE
  geostore get|delete [options] ATTRIBUTE
  geostore list [options]

Operations:
  set      store an attribute with a ticket
  get      print its value
  delete   remove it
  list     print all: name, value, time of setting

Options:
  -t TICKET      the ticket the attribute belongs to; may be left out if only
                 one is configured
${commonOptions}  -h             this help

Exit codes:
${renderExitCodes('geostore')}
Examples:
  geostore set -t ticket-a -s 192.0.2.12 replication ok
  geostore get -t ticket-a replication
  geostore list -t ticket-a --output-format json
`;

/** Help of booth-keygen. */
export const keygenUsage = (): string => `\
Usage:
  booth-keygen [FILE]

Writes a new random key of 64 bytes that only its owner can read. FILE is an
absolute path [default /etc/booth/authkey] and must not exist yet. Copy it to
every member and name it in booth.conf: authfile = FILE

Exit codes:
${renderExitCodes('booth-keygen')}
Examples:
  booth-keygen
  booth-keygen /etc/booth/booth.key
`;
