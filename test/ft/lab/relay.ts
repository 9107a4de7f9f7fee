/**
 * A long wire between the two sides of a pair, as a process beside the backup: TCP and UDP to one port go on to another
 * port here, each byte and datagram after a delay, in both directions. When it is killed what was under way is lost.
 *
 *     node test/ft/lab/relay.ts HOST FROM-PORT TO-PORT DELAY-MS        Says `relaying` when it does.
 *
 * Told on its input, a line each: `tcp off` ends the connections, and new ones; `udp off`, `udp lossy`, `udp on`: none
 * of the datagrams goes on, two of three, all.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [host = '', ...numbers] = process.argv.slice(2);
const [from = 0, to = 0, delayMs = 0] = numbers.map(Number);
const later = (action: () => void): void => void (delayMs > 0 ? setTimeout(action, delayMs) : action());

let takes = true;
const carried = new Set<Socket>();

function carry(source: Socket, sink: Socket): void {
  carried.add(source);
  source.on('data', (chunk) => later(() => sink.write(chunk)));
  source.on('close', () => {
    carried.delete(source);
    later(() => sink.destroy());
  });
  source.on('error', () => {});
  source.setNoDelay(true);
}

const server = createServer((near) => {
  if (!takes) return void near.destroy();
  const far = connect(to, host);
  carry(near, far);
  carry(far, near);
});

/** Which of so many datagrams goes on. */
let passes: (count: number) => boolean = () => true;
let datagrams = 0;
/** Heartbeats: from whoever sent last to the backup, and its answers back. */
let last: RemoteInfo | undefined;
const near = createSocket('udp4');
const far = createSocket('udp4');
near.on('message', (bytes, sender) => {
  last = sender;
  if (passes(datagrams++)) later(() => far.send(bytes, to, host));
});
far.on('message', (bytes) => {
  const back = last;
  if (back !== undefined && passes(datagrams++)) later(() => near.send(bytes, back.port, back.address));
});
for (const socket of [near, far]) socket.on('error', () => {});

const orders: Readonly<Record<string, () => void>> = {
  'tcp off': () => {
    takes = false;
    for (const socket of carried) socket.destroy();
  },
  'udp off': () => {
    passes = () => false;
  },
  'udp lossy': () => {
    passes = (count) => count % 3 !== 0;
  },
  'udp on': () => {
    passes = () => true;
  },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const order = orders[line];
  if (order === undefined) throw new Error(`not an order: ${line}`);
  order();
});

near.bind(from, host, () => server.listen(from, host, () => process.stdout.write('relaying\n')));
