import { expect, test } from 'vitest';
import { Handover } from '../../../src/host/ft/handover.ts';

const idle = {
  quiesce: () => {},
  resume: () => {},
  isAtRest: () => true,
  storageFault: async () => undefined,
  tell: () => {},
};

test('a switch that does not begin is answered, and one that is under way goes on', async () => {
  const handover = new Handover(idle);
  const first = handover.ordered(() => undefined);
  expect(await handover.ordered(() => 'the backup is 101 ms behind')).toEqual({
    refused: 'the backup is 101 ms behind',
  });
  handover.over({ to: 'b', stoodStillMs: 3 });
  expect(await first).toEqual({ to: 'b', stoodStillMs: 3 });
});
