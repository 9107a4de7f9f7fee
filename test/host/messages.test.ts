import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Input, Output } from '../../src/emu/machine/events.ts';
import {
  decodeInput,
  decodeOutput,
  encodeInput,
  encodeOutput,
  HEAD_BYTES_MAX,
  type Message,
} from '../../src/host/messages.ts';

const device = fc.constantFrom('uart', 'virtio0', 'virtio7');
const bytes = fc.uint8Array({ maxLength: 100 });
const request = fc.nat({ max: 2 ** 40 });
const sectors = fc.nat({ max: 2 ** 40 }).map((n) => n * 512);
const kind = <K extends string>(k: K) => fc.constant(k);

const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: kind('clock'), time: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), rate: fc.nat().map(BigInt) }),
  fc.record({ kind: kind('console'), device, bytes }),
  fc.record({ kind: kind('packet'), device, frame: bytes }),
  fc.record({ kind: kind('disk'), device, request, status: fc.nat({ max: 2 }), data: bytes }),
  fc.record({ kind: kind('entropy'), device, request, bytes }),
  fc.record({ kind: kind('control'), action: fc.constantFrom('powerOff', 'reset') }),
  fc.record({ kind: fc.constantFrom('suspend', 'resume') }),
  fc.record({ kind: kind('share'), percent: fc.integer({ min: 1, max: 100 }) }),
);

const operation = fc.oneof(
  fc.record({ op: kind('read'), offset: sectors, length: sectors }),
  fc.record({ op: kind('write'), offset: sectors, data: bytes }),
  fc.record({ op: kind('flush') }),
  fc.record({ op: fc.constantFrom('discard', 'writeZeroes'), offset: sectors, length: sectors, unmap: fc.boolean() }),
);
const output: fc.Arbitrary<Output> = fc.oneof(
  fc.record({ kind: kind('console'), device, bytes }),
  fc.record({ kind: kind('packet'), device, frame: bytes }),
  fc.record({ kind: kind('disk'), device, request, operation }),
  fc.record({ kind: kind('entropy'), device, request, length: fc.nat({ max: 65536 }) }),
);

const whole = ({ head, body }: Message): Uint8Array => {
  expect(head.length).toBeLessThanOrEqual(HEAD_BYTES_MAX);
  return Uint8Array.from([...head, ...body]);
};

test('every input comes back as it was', () => {
  fc.assert(
    fc.property(input, (one) => {
      expect(decodeInput(whole(encodeInput(one)))).toEqual(one);
    }),
  );
});

test('every output comes back as it was', () => {
  fc.assert(
    fc.property(output, (one) => {
      expect(decodeOutput(whole(encodeOutput(one)))).toEqual(one);
    }),
  );
});
