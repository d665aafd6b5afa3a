/**
 * After the faults: what was held has one holder again within the bound that the plan gives
 * (`healingMs`), every member names it, and no daemon ever ended by itself.
 */
import { automaticTickets, type CheckerKind } from './checker.ts';
import { createOperatorBook } from './operator-book.ts';

export const liveness: CheckerKind = {
  name: 'liveness',
  create: ({ plan, nowMs, hosts, report }) => {
    const book = createOperatorBook(nowMs, {});
    const tickets = automaticTickets(plan);
    const holdersOf = (ticket: string) =>
      hosts.filter((host) => host.resource(ticket) === 'running');
    const addressOf = (name: string): string =>
      `192.0.2.${String(11 + plan.hosts.findIndex((host) => host.name === name))}`;
    const judgeEnd = (): void => {
      for (const { name, prerequisite } of tickets) {
        const holders = holdersOf(name);
        if (book.belief(name) === 'held' && prerequisite === null && holders.length !== 1)
          report(`after healing ${name} is held at ${String(holders.length)} sites`);
      }
    };
    const judgeList = (host: string, text: string): void => {
      for (const { name } of tickets) {
        const holder = holdersOf(name)[0];
        if (holder === undefined) continue;
        const line = text.split('\n').find((one) => one.startsWith(`ticket: ${name},`));
        if (line?.includes(`leader: ${addressOf(holder.name)}`) !== true)
          report(
            `after healing ${host} does not know that ${holder.name} holds ${name}: ${line ?? 'no line'}`,
          );
      }
    };
    return {
      observe: (seen) => {
        book.observe(seen);
        if (seen.kind === 'ended') judgeEnd();
        if (seen.kind === 'listed') judgeList(seen.host, seen.text);
        if (seen.kind === 'process' && seen.what === 'crashed')
          report(`the daemon of ${seen.host} crashed: ${seen.why}`);
      },
    };
  },
};
