/** The two sockets of a member, UDP for the ring and TCP for clients, both bound before use. */
import type { MemberId } from '../../base/member-id.ts';
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { openTcpServer, type TcpServer } from '../../io/tcp-server.ts';
import { openUdp } from '../../io/udp.ts';
import type { Datagrams } from '../../member/ports.ts';
import type { DaemonSettings } from './settings.ts';

export interface Sockets {
  readonly datagrams: Datagrams;
  readonly clients: TcpServer;
  readonly close: () => Promise<void>;
}

/** Where what arrives goes; set once the member runs. */
export interface SocketListener {
  datagram: (bytes: Uint8Array) => void;
  request: (connection: number, bytes: Uint8Array) => void;
  failure: (failure: Problem) => void;
}

/** Binds both; with either refused, neither stays open. */
export async function openSockets(
  settings: DaemonSettings,
  listener: SocketListener,
): Promise<Result<Sockets, Problem>> {
  const { self, config, listenAddress: address } = settings;
  const { port } = self;
  const udp = await openUdp({
    address,
    port,
    onDatagram: (bytes) => {
      listener.datagram(bytes);
    },
    onError: (failure) => {
      listener.failure(failure);
    },
  });
  if (!udp.ok) return udp;
  const tcp = await openTcpServer({
    address,
    port,
    onRequest: (connection, bytes) => {
      listener.request(connection, bytes);
    },
    // R17: a request lives until its outcome, whether or not anybody still listens.
    onGone: () => undefined,
  });
  if (!tcp.ok) {
    await udp.value.close();
    return err(tcp.error);
  }
  const places = new Map<MemberId, { readonly address: string; readonly port: number }>(
    config.members.map((member) => [
      member.id,
      { address: member.address.text, port: member.port },
    ]),
  );
  return ok({
    datagrams: {
      send: (to, bytes) => {
        const place = places.get(to);
        if (place !== undefined) udp.value.send(place, bytes);
      },
    },
    clients: tcp.value,
    close: async () => {
      await tcp.value.close();
      await udp.value.close();
    },
  });
}
