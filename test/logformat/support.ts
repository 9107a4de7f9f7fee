/** Logs in memory, and a header to give them. */

import type { LogSink } from '../../src/logformat/frame-writer.ts';
import type { LogHeader } from '../../src/logformat/header.ts';
import type { ByteSource, Finish, LogReader } from '../../src/logformat/reader.ts';
import type { LogRecord } from '../../src/logformat/records.ts';

export class MemoryLog implements LogSink {
  #parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.slice(offset, offset + length),
});

export const header: LogHeader = {
  version: [1, 0],
  tool: '0.1.0',
  createdNs: 1_700_000_000_123_456_789n,
  command: ['record', '--kernel', 'hello.elf'],
  machine: {
    memory: 134217728,
    harts: 1,
    bootArgs: 'console=ttyS0',
    builtinFirmware: true,
    clock: 'host',
    epoch: 1n << 60n,
    rngSeed: new Uint8Array(32),
    devices: [],
  },
  images: { kernel: { sha256: new Uint8Array(32).fill(7), size: 2_500_000, name: 'hello.elf' } },
  digestTicks: { small: 1024n, all: 4096n },
};

export function collect(records: Generator<LogRecord, Finish>): { records: LogRecord[]; finish: Finish } {
  const all: LogRecord[] = [];
  for (;;) {
    const step = records.next();
    if (step.done === true) return { records: all, finish: step.value };
    all.push(step.value);
  }
}

export const read = (reader: LogReader): { records: LogRecord[]; finish: Finish } => collect(reader.records());
