// The bench inside a host of the lab: a process of its own, which sees that host's network only.
// It is told what to measure in one argument and prints what it measured.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseTicketList } from '../../core/cli/answer/ticket-list.ts';
import type { LabHost } from '../lab/ring-lab.ts';
import { distDirectory } from '../support/machine.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openRingClient, type RingClient } from './ring-client.ts';
import { timeCommands, type TimedCommand } from './time-commands.ts';

/** What can be measured from inside. Times are in milliseconds. */
export type ProbePlan =
  /** Waits until all members list all tickets; nothing is measured. */
  | { readonly kind: 'serving'; readonly addresses: readonly string[] }
  /** Grants tickets, `atOnce` at a time: `total`. */
  | {
      readonly kind: 'grant-all';
      readonly address: string;
      readonly tickets: readonly string[];
      readonly atOnce: number;
    }
  /** Grants and revokes one ticket again and again: `grant` and `revoke`. */
  | {
      readonly kind: 'cycles';
      readonly address: string;
      readonly ticket: string;
      readonly rounds: number;
    }
  /** Asks for the list again and again: `list`; `held` is how many tickets the member holds. */
  | { readonly kind: 'lists'; readonly address: string; readonly rounds: number }
  /** Starts and ends daemons in turn: from the start to the first answer, by name. */
  | {
      readonly kind: 'starts';
      readonly address: string;
      readonly daemons: readonly TimedCommand[];
      readonly rounds: number;
    }
  /** Runs programs in turn: from the start to the end, by name. */
  | {
      readonly kind: 'commands';
      readonly commands: readonly TimedCommand[];
      readonly rounds: number;
    };

/** Samples by name. */
export type ProbeSamples = Readonly<Record<string, readonly number[]>>;

/** The argument that makes this program a probe. */
export const probeWord = 'probe';

const CONFIGURATION = '/etc/booth/booth.conf';
const SERVING_MS = 60_000;

/** Runs a probe at a host and returns what it measured. */
export async function runProbe(
  host: LabHost,
  plan: ProbePlan,
  timeoutMs: number,
): Promise<ProbeSamples> {
  const args = [join(distDirectory, 'bench'), probeWord, JSON.stringify(plan)];
  const { code, stdout, stderr } = await host.exec(process.execPath, args, { timeoutMs });
  if (code !== 0) throw new Error(`${plan.kind} at ${host.name}: ${stderr.trim().slice(-500)}`);
  const samples: unknown = JSON.parse(stdout);
  if (!isSamples(samples)) throw new Error(`${plan.kind} at ${host.name} printed ${stdout}`);
  return samples;
}

const isSamples = (value: unknown): value is ProbeSamples =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (list) => Array.isArray(list) && list.every((sample) => typeof sample === 'number'),
  );

/** The inside: measures and prints; resolves with the exit code. */
export async function probeMain(text: string): Promise<number> {
  try {
    // The bench of the same build wrote it.
    const samples = await measure(JSON.parse(text) as ProbePlan);
    process.stdout.write(JSON.stringify(samples));
    return 0;
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  }
}

async function measure(plan: ProbePlan): Promise<ProbeSamples> {
  if (plan.kind === 'commands') return timeCommands(plan.commands, plan.rounds);
  const client = await openRingClient(CONFIGURATION);
  switch (plan.kind) {
    case 'serving':
      for (const address of plan.addresses) {
        const options = { timeoutMs: SERVING_MS, everyMs: 20 };
        await waitUntil(`${address} to serve`, () => client.list(address), options);
      }
      return {};
    case 'grant-all':
      return grantAll(client, plan);
    case 'cycles':
      return cycle(client, plan);
    case 'lists':
      return lists(client, plan);
    case 'starts':
      return starts(client, plan);
  }
}

const timeOf = async (run: () => Promise<unknown>): Promise<number> => {
  const beganAt = performance.now();
  await run();
  return performance.now() - beganAt;
};

type PlanOf<Kind extends ProbePlan['kind']> = Extract<ProbePlan, { kind: Kind }>;

async function grantAll(
  client: RingClient,
  { address, tickets, atOnce }: PlanOf<'grant-all'>,
): Promise<ProbeSamples> {
  const waiting = tickets.values();
  const worker = async (): Promise<void> => {
    for (const ticket of waiting) await client.change(address, 'grant', ticket);
  };
  return { total: [await timeOf(() => Promise.all(Array.from({ length: atOnce }, worker)))] };
}

async function cycle(
  client: RingClient,
  { address, ticket, rounds }: PlanOf<'cycles'>,
): Promise<ProbeSamples> {
  const grant: number[] = [];
  const revoke: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    grant.push(await timeOf(() => client.change(address, 'grant', ticket)));
    revoke.push(await timeOf(() => client.change(address, 'revoke', ticket)));
  }
  return { grant, revoke };
}

async function lists(
  client: RingClient,
  { address, rounds }: PlanOf<'lists'>,
): Promise<ProbeSamples> {
  const list: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    list.push(await timeOf(() => client.list(address)));
  }
  const listing = parseTicketList(await client.list(address));
  if (!listing.ok) throw new Error(listing.error.message);
  const held = listing.value.tickets.filter(({ leader }) => leader === address).length;
  return { list, held: [held] };
}

async function starts(
  client: RingClient,
  { address, daemons, rounds }: PlanOf<'starts'>,
): Promise<ProbeSamples> {
  const times: Record<string, number[]> = {};
  // A first round that does not count: files are read for the first time.
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, argv } of daemons) {
      const tookMs = await timeStart(client, address, argv);
      if (round >= 0) (times[name] ??= []).push(tookMs);
    }
  }
  return times;
}

async function timeStart(
  client: RingClient,
  address: string,
  [program = '', ...args]: readonly string[],
): Promise<number> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    return await timeOf(() =>
      waitUntil(`${program} to answer`, () => client.list(address), { everyMs: 1 }),
    );
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
