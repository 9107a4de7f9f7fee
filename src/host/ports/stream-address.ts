/**
 * Where a stream socket is: a path of this machine, or a host and a port. What the operator writes is
 * src/cli/specs.ts's matter.
 */

import { BlockList, connect, isIP, type Socket } from 'node:net';

export type StreamAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export function addressText(address: StreamAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `tcp:${hostPortText(address)}`;
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function hostPortText({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A socket on its way there: 'connect' or 'error' follows. */
export function connectTo(address: StreamAddress): Socket {
  return address.kind === 'unix' ? connect(address.path) : connect(address.port, address.host);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** What goes to `host` stays on this machine: 127.0.0.0/8, ::1, localhost. Another name is not taken to. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
