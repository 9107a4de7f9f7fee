/**
 * A long wire between the two sides of a pair, as a process beside the backup: TCP and UDP to one port go on to another
 * port here, each byte and datagram after a delay, in both directions. When it is killed what was under way is lost.
 *
 *     node test/ft/lab/relay.ts HOST FROM-PORT TO-PORT DELAY-MS        Says `relaying` when it does.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';

const [host = '', ...numbers] = process.argv.slice(2);
const [from = 0, to = 0, delayMs = 0] = numbers.map(Number);
const later = (action: () => void): void => void setTimeout(action, delayMs);

function carry(source: Socket, sink: Socket): void {
  source.on('data', (chunk) => later(() => sink.write(chunk)));
  source.on('close', () => later(() => sink.destroy()));
  source.on('error', () => {});
  source.setNoDelay(true);
}

const server = createServer((near) => {
  const far = connect(to, host);
  carry(near, far);
  carry(far, near);
});

/** Heartbeats: from whoever sent last to the backup, and its answers back. */
let last: RemoteInfo | undefined;
const near = createSocket('udp4');
const far = createSocket('udp4');
near.on('message', (bytes, sender) => {
  last = sender;
  later(() => far.send(bytes, to, host));
});
far.on('message', (bytes) => {
  const back = last;
  if (back !== undefined) later(() => near.send(bytes, back.port, back.address));
});
for (const socket of [near, far]) socket.on('error', () => {});

near.bind(from, host, () => server.listen(from, host, () => process.stdout.write('relaying\n')));
