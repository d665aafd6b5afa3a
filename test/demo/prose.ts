// The texts around the story: what is being set up, and how to talk to a ring that stays up.
import { pageUrl, programPath, ticket, timings, type DemoRing } from './plan.ts';

/** What stands where, before anything starts. */
export function introduction(ring: DemoRing): string {
  const { 'site-1': first, 'site-2': second, arbitrator } = ring.members;
  const row = (title: string, address: string, page: string): string =>
    `  ${title.padEnd(11)} ${address.padEnd(11)} ${page}\n`;
  return [
    'A ring of three daemons on this machine, and a web page that follows a ticket.\n\n',
    row(first.title, first.address, pageUrl(ring, first)),
    row(second.title, second.address, pageUrl(ring, second)),
    row(arbitrator.title, arbitrator.address, 'only votes'),
    `\n  ticket ${ticket}: lease ${String(timings.expireSecs)} s, renewed every ${String(timings.renewalSecs)} s\n`,
    `  UDP and TCP port ${String(ring.port)}, messages authenticated with a shared key\n`,
    `  everything is in ${ring.folder}`,
  ].join('');
}

/** Lines that can be copied into another terminal. */
export function howToTalk(ring: DemoRing): string {
  const { 'site-1': first, 'site-2': second } = ring.members;
  const at = (program: string): string => programPath(program);
  const conf = `-c ${ring.configuration}`;
  return `
The ring stays up. From another terminal:

  who holds the ticket, and until when
    ${at('booth')} list ${conf} -s ${first.address}
  what site 1 knows of the others
    ${at('booth')} peers ${conf} -s ${first.address}
  ring, peers and resources of a site (geo looks for daemons at the usual lock file only)
    ${at('geo')} status ${conf} --self ${first.address} --state-dir ${first.stateDirectory}
    ${at('geo')} status ${conf} --self ${second.address} --state-dir ${second.stateDirectory}
  move the ticket to site 2
    ${at('geo')} booth ticket revoke ${ticket} ${first.address} ${conf}
    ${at('geo')} booth ticket grant ${ticket} ${second.address} ${conf}
  the page, wherever it is
    curl -s ${pageUrl(ring, first)} ${pageUrl(ring, second)}
  what the daemons say
    tail -f ${Object.values(ring.members)
      .map(({ logFile }) => logFile)
      .join(' ')}

Ctrl-C ends it all.`;
}
