/** A disk read as long as the device takes goes through the rings, the log and back. */
import { expect, test } from 'vitest';
import { REQUEST_BYTES_MAX } from '../../src/emu/devices/virtio/block-request.ts';
import type { Input } from '../../src/emu/machine/events.ts';
import { RingInputs } from '../../src/host/live/ring-ports.ts';
import { sharedState } from '../../src/host/live/shared-state.ts';
import { Switchboard } from '../../src/host/live/switchboard.ts';
import { pageMemory } from '../../src/host/page-memory.ts';
import type { HostPort, Inbox } from '../../src/host/ports/port.ts';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { decodeEvents, encodeEvents } from '../../src/logformat/events.ts';
import { decodeFrame, encodeFrame, unpack } from '../../src/logformat/frame.ts';

function longest(): Uint8Array {
  const data = pageMemory(REQUEST_BYTES_MAX);
  for (let at = 0; at < data.length; at += 4096) data.fill(at / 4096, at, at + 4096);
  return data;
}

class Source implements HostPort {
  readonly device = 'virtio0';
  inbox: Inbox | undefined;
  async open(inbox: Inbox): Promise<void> {
    this.inbox = inbox;
  }
  take(): undefined {}
  async close(): Promise<void> {}
}

test('through the rings, which are smaller, and its memory is given back', async () => {
  const shared = sharedState();
  const port = new Source();
  const board = new Switchboard(shared, [port], { notice: () => {}, quit: () => {}, fail: () => {} });
  await board.open();
  void board.serve();
  const inputs = new RingInputs(shared);
  const data = longest();
  port.inbox!.deliver({ kind: 'disk', device: 'virtio0', request: 1, status: 0, data });
  expect(port.inbox!.congested).toBe(true);
  let got: Input | undefined;
  while (got === undefined) {
    got = inputs.take();
    await new Promise(setImmediate);
  }
  expect(data.length).toBe(0);
  expect(got.kind === 'disk' && Buffer.compare(got.data, longest()) === 0).toBe(true);
  await board.close();
});

test('through the log', () => {
  const record = { kind: 'disk', tick: tick(7), device: 'virtio0', request: 1, status: 0, data: longest() } as const;
  const payload = encodeEvents([record], tick(7));
  const bytes = encodeFrame({ kind: 'events', sequence: 3, firstTick: tick(7), payload }, undefined);
  const [back] = decodeEvents(unpack(decodeFrame(bytes), zstd), tick(7));
  expect(back?.kind === 'disk' && Buffer.compare(back.data, record.data) === 0).toBe(true);
});
