/** What `booth list` and `booth peers` printed against real daemons; data beside the repository. */
import { existsSync, readFileSync } from 'node:fs';

export interface RecordedList {
  readonly ring: string;
  readonly config: string;
  readonly step: number;
  readonly label: string;
  readonly verb: 'list' | 'peers';
  readonly server: string;
  readonly stdout: string;
}

interface Recording {
  readonly rings: readonly {
    readonly name: string;
    readonly config: string;
    readonly steps: readonly {
      readonly step: number;
      readonly label: string;
      readonly command?: string;
      readonly stdout?: string;
    }[];
  }[];
}

const file = new URL('../../../../shared/vectors/booth-packets.json', import.meta.url);

/** Empty when the recordings are not there. */
export const recordedLists: readonly RecordedList[] = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Recording).rings.flatMap((ring) =>
      ring.steps.flatMap(({ step, label, command = '', stdout = '' }) => {
        const [, verb, server] = /^booth (list|peers) -s (\S+)$/.exec(command) ?? [];
        if (server === undefined || stdout === '' || (verb !== 'list' && verb !== 'peers'))
          return [];
        return [{ ring: ring.name, config: ring.config, step, label, verb, server, stdout }];
      }),
    )
  : [];
