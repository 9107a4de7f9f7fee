/**
 * Entry point of the process of a place: a backup that an agent has started for a pair. It tells its parent where it
 * listens and is on its own from then on: neither ends with the other.
 */

import { PassThrough } from 'node:stream';
import { UserError } from '../../lib/errors.ts';
import type { NodeUi } from '../ft/pair-options.ts';
import { runBackup } from '../ft/run-node.ts';
import { printable } from '../printable.ts';
import { isoTime } from './log-time.ts';
import { Patience } from './patience.ts';
import type { FromPlace, ToPlace } from './place-messages.ts';

const stop = new AbortController();
let patience: Patience | undefined;
const say = (text: string): void => void process.stderr.write(`${isoTime()} ${printable(text)}\n`);

function tell(message: FromPlace): void {
  if (process.connected) process.send!(message, undefined, undefined, () => {});
}

const ui: NodeUi = {
  input: new PassThrough(),
  output: process.stdout,
  notice: say,
  changed: ({ state, epoch, peer }) => {
    patience?.in(state);
    say(`${state}, epoch ${epoch}${peer === undefined ? '' : `, other side ${peer.who}`}`);
  },
  recording: (path) => say(`recording ${path}`),
  listening: (endpoint) => tell({ kind: 'listening', endpoint }),
  stop: stop.signal,
};

async function run({ options }: ToPlace): Promise<void> {
  patience = new Patience(options.patienceMs, () => stop.abort());
  patience.in('waiting');
  try {
    const { ending, error, exitCode } = await runBackup(options, ui);
    say(`the end: ${error?.message ?? ending}`);
    process.exitCode = exitCode;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(error.message);
    tell({ kind: 'refused', reason: error.what });
    process.exitCode = error.exitCode;
  }
  patience.end();
  if (process.connected) process.disconnect();
}

process.once('message', (message: ToPlace) => void run(message));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort('leave'));
process.on('SIGHUP', () => {});
