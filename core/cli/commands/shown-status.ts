/** What `geo status` shows, as data. */
import type { ListedPeer } from '../answer/peer-list.ts';
import type { TicketListing } from '../answer/ticket-list.ts';
import type { ClusterState } from './cluster-state.ts';

/** What the member of this host says of its ring. */
export interface ShownRing {
  readonly name: string;
  readonly server: string;
  readonly tickets: TicketListing['tickets'];
  readonly warnings: TicketListing['warnings'];
  readonly peers: readonly ListedPeer[];
  /** A daemon of this host holds the lock file that `boothd daemon` takes unless told otherwise. */
  readonly holdsUsualLock: boolean;
}

/** What a person or a machine is shown. */
export interface ShownStatus {
  /** null: nobody could be asked; the reasons are told apart from it. */
  readonly ring: ShownRing | null;
  /** null: this host has no embedded cluster, or none that we may read. */
  readonly cluster: ClusterState | null;
}
