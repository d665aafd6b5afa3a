/** Whether the cluster may act on a resource at all (pacemaker-scheduler 8). */
import { parseBoolean } from '../cib/boolean.ts';
import { clusterFlag } from '../cib/query.ts';
import type { Member, Scene } from './scene.ts';
import { metaOf } from './scene.ts';

export interface Management {
  readonly isManaged: boolean;
  /** Unmanaged, and its recurring monitors are cancelled too. */
  readonly isMaintenance: boolean;
  readonly reason: string;
}

/** Whether the cluster may start and stop the resource, and why not. */
export function managementOf(scene: Scene, member: Member): Management {
  const flag = (name: string): boolean | null =>
    parseBoolean(metaOf(scene.cib, member, name) ?? '');
  const maintenance = (reason: string): Management => ({
    isManaged: false,
    isMaintenance: true,
    reason,
  });
  if (clusterFlag(scene.cib, 'maintenance-mode', false))
    return maintenance('maintenance-mode is on');
  if (nodeFlag(scene, 'maintenance')) return maintenance('the node is in maintenance');
  if (flag('maintenance') === true) return maintenance('the resource is in maintenance');
  return flag('is-managed') === false
    ? { isManaged: false, isMaintenance: false, reason: 'is-managed is false' }
    : { isManaged: true, isMaintenance: false, reason: '' };
}

/** A true/false attribute of our node; a transient value beats the permanent one. */
export function nodeFlag(scene: Scene, name: string): boolean {
  const permanent = scene.cib.nodes.find((node) => node.name === scene.context.node)?.attributes;
  const text = scene.nodeState?.attributes.get(name) ?? permanent?.get(name) ?? '';
  return parseBoolean(text) === true;
}
