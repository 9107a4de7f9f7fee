/** Stands for the guest thread of a primary: hands over frames and packets as the load says, and does nothing else. */

import { parentPort, workerData } from 'node:worker_threads';
import { encodeReport } from '../../src/host/ft/ring-messages.ts';
import { RingSender } from '../../src/host/live/ring-sender.ts';
import type { SharedState } from '../../src/host/live/shared-state.ts';
import { tick } from '../../src/lib/brands.ts';
import { encodeFrame } from '../../src/logformat/frame.ts';
import type { Load } from './loads.ts';

const { shared, load, first } = workerData as { shared: SharedState; load: Load; first: number };
const sender = new RingSender(shared);
const nap = new Int32Array(new SharedArrayBuffer(4));
const payload = new Uint8Array(load.frameBytes).map((_, i) => (i * 2654435761) >>> 24);
let unit = BigInt(first) * 1000n;

function group(sequence: number): void {
  const kind = sequence === 0 ? 'header' : 'events';
  const bytes = encodeFrame({ kind, sequence, firstTick: tick(sequence), payload }, undefined);
  sender.send(encodeReport({ kind: 'frame', copy: 0, sequence, last: false, commit: false, bytes }));
  for (let i = 0; i < load.packets; i++) {
    const frame = new Uint8Array(load.packetBytes);
    new DataView(frame.buffer).setBigInt64(0, process.hrtime.bigint());
    sender.send(
      encodeReport({ kind: 'output', device: 'net', unit: unit++, output: { kind: 'packet', device: 'net', frame } }),
    );
  }
}

const before = process.threadCpuUsage();
let due = performance.now();
for (let i = 0; i < load.groups; i++) {
  group(first + i);
  due += load.everyUs / 1000;
  const wait = due - performance.now();
  if (load.everyUs > 0 && wait > 0) Atomics.wait(nap, 0, 0, wait);
}
const { user, system } = process.threadCpuUsage(before);
parentPort?.postMessage({ cpuUs: user + system });
