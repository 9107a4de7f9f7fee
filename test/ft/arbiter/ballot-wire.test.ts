/** Messages of acceptors: round trips, and nothing that is cut or longer is taken. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BallotRequest } from '../../../src/ft/ballot/acceptor.ts';
import { MalformedError } from '../../../src/host/disk/byte-parts.ts';
import {
  type Asked,
  decodeAsked,
  decodeTold,
  encodeAsked,
  encodeTold,
  type Told,
} from '../../../src/host/ft/arbiters/ballot-wire.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const count = fc.oneof(fc.nat(300), fc.nat(Number.MAX_SAFE_INTEGER));
const ballot = fc.record({ round: count, proposer: text });
const held = fc.record({ epoch: count, holder: text });
const request: fc.Arbitrary<BallotRequest> = fc.oneof(
  fc.record({ kind: fc.constantFrom('prepare' as const, 'inspect' as const), ballot }),
  fc.record({ kind: fc.constant('accept' as const), ballot, held }),
);
const asked: fc.Arbitrary<Asked> = fc.record({ members: text, pair: text, request });
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ kind: fc.constantFrom('promise' as const, 'state' as const), ballot }),
  fc.record({
    kind: fc.constantFrom('promise' as const, 'state' as const),
    ballot,
    accepted: fc.record({ ballot, held }),
  }),
  fc.record({ kind: fc.constant('accepted' as const), ballot }),
  fc.record({ kind: fc.constant('refused' as const), ballot, promised: ballot }),
  fc.record({ kind: fc.constant('declined' as const), reason: text }),
);

const body = (message: Buffer): Buffer => {
  expect(message.readUInt32BE()).toBe(message.length - 4);
  return message.subarray(4);
};

function checks<T>(arbitrary: fc.Arbitrary<T>, encode: (one: T) => Buffer, decode: (bytes: Uint8Array) => T): void {
  fc.assert(
    fc.property(arbitrary, (one) => {
      const bytes = body(encode(one));
      expect(decode(bytes)).toEqual(one);
      for (let end = 0; end < bytes.length; end++) expect(() => decode(bytes.subarray(0, end))).toThrow(MalformedError);
      expect(() => decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(MalformedError);
    }),
    { numRuns: 40 },
  );
}

test('requests', () => checks(asked, encodeAsked, decodeAsked));
test('replies', () => checks(told, encodeTold, decodeTold));
