import { expect, test } from 'vitest';
import { NodeEnd } from '../../../src/host/ft/node-end.ts';

test('a side that is refused names what both sides need alike', async () => {
  const end = new NodeEnd({
    pair: 'web',
    recording: () => undefined,
    progress: () => ({ ticks: 0n, time: 0n, consoleBytes: 0n, idleNs: 0n }),
    interrupted: () => false,
    notice: () => {},
  });
  end.halted({ kind: 'halt', why: 'refused', detail: 'both sides are on host a, and would be lost together' });
  const { error } = await end.over;
  expect(error).toMatchObject({ code: 'pair-refused', remedy: expect.stringMatching(/--arbiter.*--same-host/) });
});
