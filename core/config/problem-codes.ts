/**
 * Every code a configuration problem can carry, with its explanation: the table behind the manual.
 * Codes are stable; scripts may match them.
 */
export const configCodes = {
  'config-too-large':
    'The file is larger than 1 MiB. Differs from booth: booth reads files of any size.',
  'config-binary':
    'The file has a NUL byte: it is no text. Differs from booth: booth ends the line there.',
  'config-byte-order-mark':
    'The file starts with a byte-order mark; save it as plain UTF-8 or ASCII.',
  'config-not-utf8': 'A value is not UTF-8. Differs from booth: booth takes any bytes.',
  'config-line-too-long':
    'booth cuts a line at 1023 bytes and reads the rest as a line of its own.',
  'config-no-key':
    'The line does not start with a key. A line is `key = value`, `# comment` or empty.',
  'config-no-equals': 'No `=` follows the key.',
  'config-no-value': 'Nothing follows the `=`. An empty value is written as "".',
  'config-unterminated-quote': 'The closing quote is missing. There is no escape character.',
  'config-surplus-text': 'After a quoted value only a comment may follow.',
  'config-too-long': 'Keys and values have at most 64 bytes, some values fewer.',
  'config-unknown-key': 'booth.conf has no such key. Keys are case-sensitive.',
  'config-key-outside-ticket': 'A ticket key stands before the first ticket line.',
  'config-hash-in-value':
    'A # in an unquoted value does not start a comment, it belongs to the value.',
  'config-repeated-key': 'The key was given before; the later line counts.',
  'config-transport-repeated': 'Only one transport line is allowed.',
  'config-transport-unknown':
    'The transport must be UDP. Differs from booth: SCTP is refused; booth reads the word, but cannot run with it.',
  'config-port-zero':
    'The port is 0 or no number. Differs from booth: booth takes it as 0 and then cannot send.',
  'config-port-after-members': 'A port line has no member after it, so it applies to none.',
  'config-number-lenient': 'booth reads only the leading digits, and of a port only 16 bits.',
  'config-number-range':
    'The number has more than 32 bits. Differs from booth: booth wraps it around.',
  'config-name-invalid':
    'The configuration name is too long, empty or has a / in it. Differs from booth: / is refused, because files are named after it.',
  'config-maxtimeskew-range':
    'maxtimeskew must be at least 1. Differs from booth: booth takes 0 and then refuses every client.',
  'config-key-no-effect': 'The key is accepted and has no effect, in booth as here.',
  'config-members-none':
    'The file lists no member. Differs from booth: booth fails later, with an assertion.',
  'config-members-too-many': 'At most 16 sites and arbitrators are allowed.',
  'config-members-even':
    'With an even number of members a half-split leaves no majority on either side.',
  'config-members-no-site': 'There are only arbitrators, so no member can hold a ticket.',
  'config-address-invalid': 'The member is no IP address and no host name that can be resolved.',
  'config-address-zone-lost': 'The zone of an IPv6 address (%eth0) is not kept.',
  'config-member-repeated': 'Two members have the same address, or the same id computed from it.',
  'config-ticket-name-invalid': 'A ticket name has 1 to 63 letters, digits, - or /.',
  'config-ticket-name-long': "booth's command line cannot name a ticket of more than 62 bytes.",
  'config-ticket-repeated': 'The ticket was opened before.',
  'config-duration-invalid':
    'A span is a number of seconds, or of milliseconds with ms and no blank.',
  'config-duration-range':
    'The span is too short or too long. Differs from booth: spans above 2147483 s are refused, booth lets them wrap around.',
  'config-retries-range':
    'retries is an integer from 3 to 100. Differs from booth: computed without wrapping at 32 bits.',
  'config-weights-invalid':
    'weights is a list of integers. Differs from booth: 08 is refused, booth reads it as 0 and 8.',
  'config-weights-unused': 'weights are accepted and never used, in booth as here.',
  'config-prerequisite-invalid': 'attr-prereq is auto|manual NAME eq|ne VALUE.',
  'config-prerequisite-surplus': 'Words after the value of an attr-prereq are ignored.',
  'config-handler-arguments': 'before-acquire-handler takes at most 14 arguments.',
  'config-handler-empty': 'An empty before-acquire-handler means none.',
  'config-mode-unknown': 'Any mode but manual means automatic.',
  'config-retry-rule':
    'timeout * (retries + 1) must be less than renewal-freq. Differs from booth: computed without wrapping at 32 bits.',
  'config-renewal-not-before-expiry': 'The lease runs out before it is renewed.',
  'config-defaults-ignored': 'The key has no effect in __defaults__: tickets do not inherit it.',
  'config-defaults-late': '__defaults__ applies only to the tickets after it.',
  'config-lease-unit':
    'A span below a second switches the ring to milliseconds, which cannot carry a lease above 4294 s. Differs from booth: booth loses multiples of 4294967.296 ms silently.',
  'config-more-problems': 'More than 1000 problems; the rest is only counted.',
  'config-missing': 'The configuration file does not exist.',
  'config-unreadable': 'The configuration file cannot be read.',
  'config-not-regular': 'The configuration file is a folder, pipe, socket or device.',
  'local-setting-invalid':
    'A setting of NAME.local.conf, or its flag, has a value that is not allowed.',
  'authfile-missing': 'The file with the shared key does not exist.',
  'authfile-unreadable': 'The file with the shared key cannot be read.',
  'authfile-not-regular': 'The file with the shared key is a folder, pipe, socket or device.',
  'authfile-exposed': 'Group or others may read the shared key.',
  'authfile-too-large': 'The file is far too large for a key.',
  'self-not-found': 'No local address belongs to a member of the ring.',
  'member-unknown': 'The name given is no member of the ring.',
  'member-other-ambiguous': '`other` needs exactly one other site.',
} as const satisfies Record<string, string>;

export type ConfigCode = keyof typeof configCodes;
