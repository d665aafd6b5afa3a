import { element } from '../xml/element.ts';
import type { XmlElement } from '../xml/element.ts';
import { lastWrittenText } from './last-written.ts';
import { withNodeState } from './patch-node.ts';

/** The feature set our status entries are written for (Pacemaker 2.1.5). */
export const CRM_FEATURE_SET = '3.16.1';

/** The newest schema of Pacemaker 2.1.5; newer releases upgrade it when they load the CIB. */
export const CIB_SCHEMA = 'pacemaker-3.9';

export interface SiteNode {
  /** Numeric as with Corosync, for example `1`. */
  readonly id: string;
  /** Host name. */
  readonly name: string;
}

/** A fresh CIB for a site of one node, which is a member and online; without fencing. */
export function emptyCib(node: SiteNode, nowEpochMs: number): XmlElement {
  const option = (name: string, value: string): XmlElement =>
    element('nvpair', { id: `cib-bootstrap-options-${name}`, name, value });
  const properties = element('cluster_property_set', { id: 'cib-bootstrap-options' }, [
    option('have-watchdog', 'false'),
    option('cluster-infrastructure', 'geobooth'),
    option('stonith-enabled', 'false'),
  ]);
  const configuration = element('configuration', {}, [
    element('crm_config', {}, [properties]),
    element('nodes', {}, [element('node', { id: node.id, uname: node.name })]),
    element('resources'),
    element('constraints'),
  ]);
  const attributes = {
    crm_feature_set: CRM_FEATURE_SET,
    'validate-with': CIB_SCHEMA,
    epoch: '1',
    num_updates: '0',
    admin_epoch: '0',
    'cib-last-written': lastWrittenText(nowEpochMs),
    'have-quorum': '1',
    'dc-uuid': node.id,
  };
  const fresh = element('cib', attributes, [configuration, element('status')]);
  return withNodeState(fresh, node, ONLINE);
}

/** How a node that is there is shown. */
export const ONLINE = { in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' };
