import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../src/emu/devices/device.ts';
import { type CborMap, decode, encode } from '../../src/logformat/cbor.ts';
import { stateFromCbor, stateToCbor } from '../../src/session/machine-state.ts';

const key = fc.stringMatching(/^[a-z]{1,6}$/).filter((name) => name !== 'wide');
const plain: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt(-(1n << 63n), (1n << 64n) - 1n),
    fc.string({ maxLength: 5 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('the state of a machine', () => {
  it('comes back from CBOR with every value of its own type', () => {
    const devices = fc.dictionary(key, plain, { maxKeys: 5, noNullPrototype: true });
    fc.assert(
      fc.property(devices, (one) => {
        const state = { harts: [{ pc: 5n, tick: 1n << 63n, tags: Uint8Array.of(1) }], devices: one, halt: null };
        const back = stateFromCbor(decode(encode(stateToCbor(state))) as CborMap);
        expect(back.devices).toEqual(one);
        expect(back.halt).toBeNull();
        // A hart's numbers are 64-bit quantities all of them, and are restored as such.
        expect(back.harts).toEqual([{ pc: 5, tick: 1n << 63n, tags: Uint8Array.of(1) }]);
      }),
    );
  });

  it('that a key would confuse is not written', () => {
    expect(() => stateToCbor({ harts: [], devices: { uart: { wide: 1 } }, halt: null })).toThrow('wide');
  });
});
