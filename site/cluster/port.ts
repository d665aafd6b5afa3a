/**
 * A site's cluster as the daemon of a site sees it: what the ring needs of it (`ClusterPort`) and
 * what people want to know of it. The embedded cluster and Pacemaker both stand behind this.
 */
import type { Instant } from '../../core/base/instant.ts';
import type { ClusterPort } from '../../core/member/ports.ts';

export interface SiteCluster extends ClusterPort {
  /** Every primitive with what is known of it, in the order of the configuration. */
  resourceStates(): readonly ResourceView[];
  /** Whether all that the ticket restrains has stopped; a held ticket counts as not drained. */
  drained(ticket: string): Drain;
  /** Calls the listener after each change, never inside a call of the port; returns the way out. */
  onChange(listener: (change: ClusterChange) => void): () => void;
  /**
   * Ends the cluster in order: operations under way are waited for, with `stopResources` every
   * resource is stopped first. Without it they go on running and the next start adopts them.
   */
  stop(options: { readonly stopResources: boolean }): Promise<void>;
}

/** What is known of one primitive on this host. */
export interface ResourceView {
  readonly id: string;
  /** The group it is a member of, or null. */
  readonly group: string | null;
  /** `ocf:heartbeat:IPaddr2`. */
  readonly agent: string;
  readonly role: ResourceViewRole;
  /** A failed resource may still be active; it is being recovered unless blocked. */
  readonly isFailed: boolean;
  /** Nothing will be done with it until an operator cleans it up. */
  readonly isBlocked: boolean;
  readonly isManaged: boolean;
  /** Every ticket it needs, in the order of the constraints. */
  readonly tickets: readonly string[];
  /** Why it is where it is, or what failed last; empty when there is nothing to say. */
  readonly reason: string;
}

export type ResourceViewRole = 'unknown' | 'stopped' | 'starting' | 'started' | 'stopping';

/** How far a ticket that is not held has let go of its resources. */
export type Drain =
  | { readonly isDrained: true }
  | {
      readonly isDrained: false;
      /** Resources that are, or may be, still active, in the order they will stop. */
      readonly waitingFor: readonly string[];
      /** Since when the ticket is not held; null while it is held. */
      readonly sinceAt: Instant | null;
    };

/** Something that happened in the cluster. */
export type ClusterChange =
  | {
      readonly kind: 'resource';
      readonly resource: string;
      readonly from: ResourceViewRole;
      readonly to: ResourceViewRole;
      readonly reason: string;
    }
  | { readonly kind: 'failure'; readonly resource: string; readonly reason: string }
  /** The last resource of a lost ticket has stopped. */
  | { readonly kind: 'drained'; readonly ticket: string; readonly tookMs: number }
  | { readonly kind: 'configuration' };
