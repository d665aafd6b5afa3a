/** Where things are on a host unless the operator says otherwise, by the ring's name. */

/** The lock file, as booth's programs look for it (booth-protocol 5.3). */
export const lockPathOf = (ring: string): string => `/var/run/booth/${ring}.pid`;

/** The state directory: journal, log and the embedded cluster's CIB. */
export const stateDirOf = (ring: string): string => `/var/lib/geobooth/${ring}`;
