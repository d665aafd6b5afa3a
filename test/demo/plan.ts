// The ring of the demo on paper: who is where, and what it is called.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ticket = 'apacheticket';

/** The ticket's timings; short, so that nobody waits long for a failover. */
export const timings = { expireSecs: 10, renewalSecs: 5, timeoutSecs: 1, retries: 3 };

export type MemberKey = 'site-1' | 'site-2' | 'arbitrator';
export type SiteKey = Exclude<MemberKey, 'arbitrator'>;

export interface PlannedMember {
  readonly key: MemberKey;
  /** For people. */
  readonly title: string;
  readonly role: 'site' | 'arbitrator';
  readonly address: string;
  /** Everything of this member is in here; no other program names it. */
  readonly folder: string;
  readonly stateDirectory: string;
  /** What a host keeps in /run: empty after each boot. */
  readonly runDirectory: string;
  readonly logFile: string;
}

export interface DemoRing {
  readonly folder: string;
  readonly configuration: string;
  readonly keyFile: string;
  readonly port: number;
  readonly pagePort: number;
  readonly members: Readonly<Record<MemberKey, PlannedMember>>;
}

/** Where the programs are: beside this one, wherever it was linked to. */
export const programsFolder = (): string => dirname(realpathSync(process.argv[1] ?? ''));

export const programPath = (name: string): string => join(programsFolder(), name);

export const pageUrl = ({ pagePort }: DemoRing, { address }: PlannedMember): string =>
  `http://${address}:${String(pagePort)}/`;
