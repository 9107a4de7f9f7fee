/**
 * TLS between two that hold one secret, and need no certificates: the channel, agents, acceptors, the block server and
 * the uplinks of switches have it. Only who holds the secret gets through, on either side; ECDHE makes what was
 * recorded of a connection useless to who gets the secret later. Spec: TLS 1.2 (RFC 5246) with pre-shared keys (RFC
 * 5489, cipher of RFC 7905).
 */

import type { Socket } from 'node:net';
import { createServer, connect as dialTls, type Server, TLSSocket } from 'node:tls';

/** Whom both sides say they are; other tools must say it too. */
export const PSK_IDENTITY = 'lockstep';

const TLS = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;
/** Who has not shown the secret by then is a stranger. */
const HANDSHAKE_MS = 10_000;

const serverSide = (psk: Uint8Array) => ({
  ...TLS,
  handshakeTimeout: HANDSHAKE_MS,
  pskCallback: (_socket: TLSSocket, identity: string) => (identity === PSK_IDENTITY ? psk : null),
});

const clientSide = (psk: Uint8Array) => ({
  ...TLS,
  pskCallback: () => ({ psk, identity: PSK_IDENTITY }),
  // There are no certificates: the secret is what both sides prove to hold.
  checkServerIdentity: () => undefined,
});

/** `refused` is told where somebody is who could not prove to have the secret. Not listening yet. */
export function pskServer(
  psk: Uint8Array,
  connected: (socket: Socket) => void,
  refused: (from: string) => void,
): Server {
  const server = createServer(serverSide(psk));
  server.on('secureConnection', connected);
  server.on('tlsClientError', (_error, socket) => refused(socket.remoteAddress ?? 'somebody'));
  return server;
}

/** On its way there: 'secureConnect' or 'error' follows. */
export function pskDial(to: { readonly host: string; readonly port: number }, psk: Uint8Array): TLSSocket {
  return dialTls({ ...clientSide(psk), host: to.host, port: to.port });
}

/** The client's end of a connection that is open and turns to TLS: 'secureConnect' or 'error' follows. */
export function pskUpgrade(socket: Socket, psk: Uint8Array): TLSSocket {
  return dialTls({ ...clientSide(psk), socket });
}

/** The server's end of it: resolves when the client has shown the secret, with undefined when it has not. */
export function pskAccept(socket: Socket, psk: Uint8Array): Promise<TLSSocket | undefined> {
  const { handshakeTimeout, ...options } = serverSide(psk);
  const secured = new TLSSocket(socket, { ...options, isServer: true });
  return new Promise((done) => {
    const fail = (): void => {
      clearTimeout(timer);
      secured.destroy();
      done(undefined);
    };
    const timer = setTimeout(fail, handshakeTimeout);
    secured.on('error', fail);
    secured.once('close', fail);
    secured.once('secure', () => {
      clearTimeout(timer);
      secured.off('close', fail);
      secured.off('error', fail);
      done(secured);
    });
  });
}
