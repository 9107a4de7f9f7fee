/** The parts of the demo that judge what they see. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CountWatch } from '../../scripts/demo/count-watch.ts';
import { pairTalk } from '../../scripts/demo/pair-talk.ts';
import { showTakeover, type Takeover } from '../../scripts/demo/takeover.ts';

const counted = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `count ${from + i}\n`).join('');

describe('the watch on a count', () => {
  test('hears every number, however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (cuts) => {
        const heard: number[] = [];
        const watch = new CountWatch((number) => heard.push(number));
        let rest = counted(1, 12);
        for (const cut of cuts) {
          watch.take(rest.slice(0, cut), 0);
          rest = rest.slice(cut);
        }
        watch.take(rest, 0);
        watch.end(12);
        expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      }),
    );
  });

  test.each([
    ['a gap', counted(1, 4) + counted(6, 9), 'from 4 to 6'],
    ['a repeat', counted(1, 4) + counted(4, 9), 'from 4 to 4'],
    ['a start that is not 1', counted(2, 9), 'from 0 to 2'],
    ['other words', 'count 1\npanic\n', 'panic'],
  ])('refuses %s', (_, text, why) => {
    expect(() => new CountWatch(() => {}).take(text, 0)).toThrow(why);
  });

  test.each([
    ['one number early', counted(1, 8), 'ended at 8'],
    ['within a line', `${counted(1, 8)}count 9`, 'within a line'],
  ])('refuses an end %s', (_, text, why) => {
    const watch = new CountWatch(() => {});
    watch.take(text, 0);
    expect(() => watch.end(9)).toThrow(why);
  });

  test('knows the longest silence', () => {
    const watch = new CountWatch(() => {});
    for (const [number, at] of [10, 110, 350, 450].entries()) watch.take(`count ${number + 1}\r\n`, at);
    expect(watch.longestSilenceMs).toBe(240);
  });
});

test('what the command says of a pair is understood when the line is complete', () => {
  const lines = [
    'lockstep: the primary is process 4711, the backup is process 4712\n',
    'lockstep: primary: the pair pair is protected by b on h, epoch 1\n',
    'lockstep: backup: the guest is live here, epoch 2: 140 ms after the other side was last heard\n',
  ];
  const text = lines.join('');
  expect(pairTalk(lines[0]!.slice(0, -1))).toEqual({ isProtected: false });
  expect(pairTalk(lines[0]!)).toEqual({ primary: 4711, isProtected: false });
  expect(pairTalk(text)).toEqual({
    primary: 4711,
    isProtected: true,
    takeover: 'the guest is live here, epoch 2: 140 ms after the other side was last heard',
  });
});

describe('the takeover, with a program in the place of the pair', () => {
  const fake = fileURLToPath(new URL('fake-pair.ts', import.meta.url));

  async function shown(wrong: string, stop = AbortSignal.any([])): Promise<{ result: Takeover; seen: unknown[] }> {
    const seen: unknown[] = [];
    const show = {
      note: (command: string) => void seen.push(command),
      number: (number: number) => void seen.push(number),
    };
    const result = await showTakeover(process.execPath, [fake, wrong], '.', stop, show);
    return { result, seen };
  }

  test('the primary is killed at 20, and the count goes on to 50', async () => {
    const { result, seen } = await shown('');
    expect(result).toMatchObject({ last: 50, words: expect.stringContaining('live here, epoch 2') });
    expect(seen).toHaveLength(51);
    expect(seen[20]).toMatch(/^kill -9 \d+$/);
  });

  test.each([
    ['gap', 'from 20 to 22'],
    ['repeat', 'from 20 to 20'],
    ['fails', 'ended with 4'],
    ['alone', 'nobody took over'],
    ['noise', 'panic'],
  ])('%s: it fails, and says why', async (wrong, why) => {
    await expect(shown(wrong)).rejects.toThrow(why);
  });

  test('interrupted: the pair is ended', async () => {
    const stop = new AbortController();
    const run = shown('stuck', stop.signal);
    stop.abort();
    await expect(run).rejects.toThrow('interrupted');
  });
});
