/** Clients that go, at every moment of a session and in every way; nothing may be left of the adapter. */
import { expect } from 'vitest';
import { hasGdb } from '../gdb/real-gdb.ts';
import { golden } from '../timeline/support.ts';
import { Client, childrenOf } from './client.ts';

export const MOMENTS = ['at once', 'in launch', 'at a stop', 'while it runs'] as const;
export const WAYS = ['disconnect', 'end of input', 'SIGTERM', 'SIGKILL'] as const;
export type Moment = (typeof MOMENTS)[number];
export type Way = (typeof WAYS)[number];

/** Up to some moment of a session. */
async function upTo(editor: Client, moment: Moment): Promise<void> {
  if (moment === 'at once') return;
  const recording = golden('race');
  if (moment === 'in launch') {
    await editor.ask('initialize', { adapterID: 'lockstep' });
    editor.ask('launch', { recording }).catch(() => {});
    return;
  }
  await editor.launch({ recording });
  if (moment === 'at a stop') return;
  const { dataId } = await editor.ask('dataBreakpointInfo', { name: 'counter' });
  const condition = hasGdb ? 'counter == 1 << 30' : 'u64[counter] == 1 << 30';
  await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, condition }] });
  await editor.ask('reverseContinue', { threadId: 1 });
}

/** Resolves when neither the adapter nor a process that it had started is there. */
export async function leave(moment: Moment, way: Way): Promise<void> {
  const editor = new Client();
  await upTo(editor, moment);
  const children = childrenOf(editor.child.pid!);
  if (moment === 'at a stop' || moment === 'while it runs') expect(children).toHaveLength(hasGdb ? 1 : 0);
  if (way === 'disconnect') await editor.ask('disconnect');
  else if (way === 'end of input') editor.child.stdin!.end();
  else editor.child.kill(way);
  const ended = await editor.ended;
  // Before the command has begun a signal ends it as it ends any program.
  if (way === 'SIGKILL' || (way === 'SIGTERM' && moment === 'at once')) expect(ended).toContain(way);
  else expect(ended).toEqual([0, null]);
  while (children.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
