/** The in-door of a live guest, on the thread of the test. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { monotonicNs } from '../../src/host/clock.ts';
import { ConsoleQueue } from '../../src/host/live/console-queue.ts';
import { InputLine } from '../../src/host/live/input-line.ts';
import { LiveSource } from '../../src/host/live/live-source.ts';
import { RingInputs } from '../../src/host/live/ring-ports.ts';
import { sharedState } from '../../src/host/live/shared-state.ts';
import { encodeInput } from '../../src/host/messages.ts';
import type { Input } from '../../src/session/source.ts';
import { Guest, sample } from '../emu/machine/guest.ts';

test('the time of a guest that is suspended stands still, and it goes on with no jump', async () => {
  const { board } = new Guest({ images: { kernel: sample('race') }, change: { clock: 'host' } });
  const shared = sharedState();
  const line = new InputLine(shared);
  const source = new LiveSource({
    machine: board,
    inputs: new RingInputs(shared),
    consoles: new ConsoleQueue(() => {}),
    entropy: { bytes: (length) => new Uint8Array(length) },
    work: { between: () => {} },
  });
  /** One slice, with what is said to the guest before. */
  const slice = (...said: readonly Input[]): readonly Input[] => {
    for (const input of said) line.send(encodeInput(input));
    const { tick, time, nextTimer } = board;
    const grant = source.next({ tick, time, state: 'running', nextTimer });
    if (grant === 'end') throw new Error('it has ended');
    for (const input of grant.inputs) board.apply(input);
    board.run(grant.until);
    return grant.inputs;
  };
  slice();
  slice({ kind: 'suspend' });
  const { tick: stoodAt, time: stoodTime } = board;
  const typed = { kind: 'console', device: 'uart', bytes: Uint8Array.of(65) } as const;
  await sleep(300);
  expect(slice(typed)).toEqual([typed]);
  const fromNs = monotonicNs();
  expect(slice({ kind: 'resume' })).toEqual([{ kind: 'resume' }]);
  expect(board.tick).toBeGreaterThan(stoodAt);
  const anchors = Array.from({ length: 5 }, () => slice()).flat();
  const passed = (monotonicNs() - fromNs) / 100n;
  const latest = anchors.reduce((last, input) => (input.kind === 'clock' ? input.time : last), stoodTime);
  // Slices may run ahead of the host's clock a little, but by no means by what it stood still.
  expect(latest - stoodTime).toBeLessThan(passed + 1_000_000n);
});
