// What a site runs, as an administrator would write it into the site's cib.xml: a group of two
// resources, and a ticket constraint that lets the group run only where the ticket is held.
import { join } from 'node:path';
import { hostname } from 'node:os';
import { emptyCib } from '../../core/cib/empty.ts';
import { element, type XmlElement } from '../../core/xml/element.ts';
import { withChild, withChildUpdated } from '../../core/xml/edit.ts';
import { formatXml } from '../../core/xml/write.ts';
import { ticket, type PlannedMember } from './plan.ts';

export const groupId = 'apachegroup';

export interface SiteCibPlan {
  readonly site: PlannedMember;
  readonly pagePort: number;
}

/** The text of cib.xml. */
export function siteCib(plan: SiteCibPlan): string {
  const fresh = emptyCib({ id: '1', name: hostname() }, Date.now());
  return formatXml(
    withChildUpdated(fresh, { name: 'configuration' }, (configuration) => {
      const withResources = withChildUpdated(configuration, { name: 'resources' }, (resources) =>
        withChild(resources, group(plan)),
      );
      return withChildUpdated(withResources, { name: 'constraints' }, (constraints) =>
        withChild(constraints, ticketConstraint()),
      );
    }),
  );
}

/** What the page of a site says, and no other. */
export const pageText = ({ title, address }: PlannedMember): string =>
  `Hello from ${title} (${address}), which holds ${ticket}.`;

/** In order: what the page needs first, the page second; stopped in reverse. */
const group = ({ site, pagePort }: SiteCibPlan): XmlElement =>
  element('group', { id: groupId }, [
    primitive('apachedata', 'dummy', { state: join(site.runDirectory, 'apachedata.state') }),
    primitive('apachepage', 'http-page', {
      address: site.address,
      port: String(pagePort),
      site: site.title,
      text: pageText(site),
      state_dir: site.runDirectory,
      node: process.execPath,
    }),
  ]);

function primitive(
  id: string,
  type: string,
  parameters: Readonly<Record<string, string>>,
): XmlElement {
  const nvpairs = Object.entries(parameters).map(([name, value]) =>
    element('nvpair', { id: `${id}-instance_attributes-${name}`, name, value }),
  );
  const operation = (name: string, interval: string, timeout: string): XmlElement =>
    element('op', { id: `${id}-${name}-interval-${interval}`, name, interval, timeout });
  return element('primitive', { id, class: 'ocf', provider: 'geobooth', type }, [
    element('instance_attributes', { id: `${id}-instance_attributes` }, nvpairs),
    element('operations', {}, [
      operation('start', '0s', '10s'),
      operation('stop', '0s', '5s'),
      operation('monitor', '2s', '5s'),
    ]),
  ]);
}

const ticketConstraint = (): XmlElement =>
  element('rsc_ticket', {
    id: `ticket-${ticket}-${groupId}`,
    rsc: groupId,
    ticket,
    'loss-policy': 'stop',
  });
