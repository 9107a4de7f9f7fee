/**
 * Entry point of the process of one side of `ft pair`. It is told what it is by its parent and ends with it; the
 * console goes through the parent.
 */

import { PassThrough } from 'node:stream';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { toPlain } from '../live/job.ts';
import { ConsoleRelay } from './console-relay.ts';
import type { FromSide, ToSide } from './pair-messages.ts';
import type { NodeUi, PairOutcome } from './pair-options.ts';
import { runBackup, runPrimary } from './run-node.ts';

const stop = new AbortController();
let quit = false;
let heard: ((bytes: Uint8Array) => void) | undefined;

/** Within this time the parent has said what is to be done, if it is to be done to the pair. */
const PARENT_FIRST_MS = 500;

let unsent = 0;

/** A promise when the parent is slow to take it. */
function tell(message: FromSide): Promise<void> | undefined {
  let sent: () => void = () => {};
  const gone = new Promise<void>((done) => {
    sent = done;
  });
  unsent++;
  const taken = process.send?.(message, undefined, undefined, () => {
    unsent--;
    sent();
  });
  return taken === false ? gone : undefined;
}

const ui: NodeUi = {
  input: new PassThrough(),
  output: new PassThrough(),
  console: (device) =>
    new ConsoleRelay(
      device,
      (bytes, unit) => tell({ kind: 'said', device, unit, bytes }),
      (listener) => {
        heard = listener;
      },
      () => unsent === 0,
    ),
  notice: (text) => void tell({ kind: 'notice', text }),
  changed: (status) => void tell({ kind: 'changed', status }),
  listening: (endpoint) => void tell({ kind: 'listening', endpoint }),
  stop: stop.signal,
};

async function run(start: () => Promise<PairOutcome>): Promise<void> {
  try {
    const { error, ...outcome } = await start();
    const ended = quit && outcome.ending === 'stopped' ? { ...outcome, exitCode: ExitCode.done } : outcome;
    await tell({
      kind: 'outcome',
      outcome: { ...ended, ...(error === undefined ? {} : { error: toPlain(error) }) },
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await tell({ kind: 'refused', error: toPlain(error) });
  }
  process.disconnect?.();
}

process.on('message', (message: ToSide) => {
  switch (message.kind) {
    case 'primary':
      void run(() => runPrimary(message.options, ui));
      break;
    case 'backup':
      void run(() => runBackup(message.options, ui));
      break;
    case 'typed':
      heard?.(message.bytes);
      break;
    case 'stop':
      quit = message.quit;
      stop.abort();
      break;
  }
});
// The terminal's signals are the parent's to understand; without it there is nobody to say anything to. What is sent to
// the parent too is its word that comes.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('SIGTERM', () => setTimeout(() => stop.abort('leave'), PARENT_FIRST_MS));
process.on('disconnect', () => process.exit());
