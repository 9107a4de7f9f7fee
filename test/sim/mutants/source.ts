/**
 * Defects made by changing one place of the sources. They are the checks that the protocol cannot do without, each
 * taken out or turned; `from` is in `file` exactly once.
 */

import { Worker } from 'node:worker_threads';
import type { Found } from './hunt.ts';

export interface SourceMutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const protocol = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/ft/protocol/${file}`,
  from,
  to,
});
const guest = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/ft/guest/${file}`,
  from,
  to,
});
const session = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/session/${file}`,
  from,
  to,
});

const ballot = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/ft/ballot/${file}`,
  from,
  to,
});
const disk = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/ft/disk/${file}`,
  from,
  to,
});
const cluster = (name: string, file: string, from: string, to: string): SourceMutant => ({
  name,
  file: `/src/ft/cluster/${file}`,
  from,
  to,
});

export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  protocol('one frame too many counts as acknowledged', 'held-outputs.ts', 'frame <= acked)', 'frame <= acked + 1)'),
  protocol('a claim is for the present epoch', 'takeover.ts', 'settings.epoch + 1', 'settings.epoch'),
  protocol(
    'a backup that has asked for the epoch takes frames',
    'backup.ts',
    'this.#shut(`it has asked',
    'void (`it has asked',
  ),
  protocol(
    'no time-out for the channel',
    'detector.ts',
    "if (this.#channel.isTooLong(now)) return 'channel-silent';",
    '',
  ),
  protocol(
    'an unknown claim is not repeated',
    'claim.ts',
    'this.#askAt = now + this.#retryMs;',
    'this.#askAt = now + 1e9;',
  ),
  protocol(
    'what is kept is not sent again',
    'send-buffer.ts',
    'this.#cursor = received + 1',
    'this.#cursor = this.#handed + 1',
  ),
  protocol(
    'one output too many counts as released',
    'replayed-outputs.ts',
    'output.unit <= released',
    'output.unit <= released + 1n',
  ),
  protocol(
    'the end of the log does not stop the detector',
    'backup.ts',
    '#ended(): void {\n    this.#detector.stop();',
    '#ended(): void {',
  ),
  protocol('what is held is dropped on being alone', 'primary.ts', 'this.#gate.releaseAll();', 'this.#gate.drop();'),
  protocol(
    'a write does not wait for a read of the backup',
    'output-gate.ts',
    'if (frame === undefined) return false;',
    'return false;',
  ),
  guest('an output is passed on before the log is flushed', 'covered-gate.ts', '    this.#parts.flush();\n', ''),
  guest(
    'packets pass uncovered',
    'covered-gate.ts',
    "output.kind === 'entropy' ||",
    "output.kind === 'entropy' || output.kind === 'packet' ||",
  ),
  guest('numbers of outputs begin again on going live', 'units.ts', 'this.#counts.set(device, unit);', ''),
  protocol(
    'the state of a copy is no commit point',
    'primary.ts',
    "#commit(sequence: number, now: number): void {\n    this.#state = 'protected';",
    '#commit(sequence: number, now: number): void {',
  ),
  protocol(
    'a guest is called protected when its state has been sent',
    'primary.ts',
    "return isSent ? 'copying' : this.#state;",
    'return this.#state;',
  ),
  protocol(
    'a backup that is to leave does not wait to be let go',
    'backup.ts',
    'this.#leaves = true;',
    "this.#leaves = true;\n          this.#gone('nobody');",
  ),
  protocol(
    'pages of a copy are taken for a guest',
    'receive-buffer.ts',
    "frame.kind === 'checkpoint' && frame.firstTick > 0n",
    "frame.kind === 'checkpoint'",
  ),
  guest('what follows the state does not go to the copy', 'forked-log.ts', 'this.#branch?.appendAll(records);', ''),
  guest('numbers of outputs begin again in a copy', 'units.ts', 'this.#counts.set(device, count);', 'void count;'),
  disk(
    'the last blocks of an image are not sent',
    'mirror-source.ts',
    "'still' };\n    yield* this.#round();",
    "'still' };",
  ),
  disk('the last blocks are read while changes go on', 'mirror-source.ts', "    yield { kind: 'still' };\n", ''),
  disk(
    'all blocks are sent, whether they differ or not',
    'mirror-source.ts',
    'if (!sameDigest(own, digests, digest))',
    '',
  ),
  disk('a change of several blocks marks the first', 'block-map.ts', '(offset + length - 1)', '(offset + 0 * length)'),
  disk(
    'a block that is taken out stays marked',
    'block-map.ts',
    '      this.#bits[end >> 3]! &= ~(1 << (end & 7));\n',
    '',
  ),
  disk(
    'a backup does what its guest asks in any order',
    'disk-order.ts',
    'return overlap(before.range, entry.range);',
    'return false;',
  ),
  ballot('a promise is not kept', 'acceptor.ts', 'promised !== undefined && order < 0', 'false'),
  ballot('one host is a majority', 'proposal.ts', 'count * 2 > this.#acceptors', 'count > 0'),
  ballot(
    'what others have had accepted is passed over',
    'proposal.ts',
    'this.#change(latest?.held)',
    'this.#change(undefined)',
  ),
  ballot('an epoch that is held can be claimed', 'claim.ts', 'held.epoch >= epoch', 'held.epoch > epoch'),
  cluster(
    'a promise is not checked against the ledger that it changes',
    'ledgers.ts',
    'if (isAllowed !== undefined && !(yield* isAllowed(ledger))) return;',
    '',
  ),
  cluster(
    'a promise is checked against what was seen, not against its ledger',
    'ledgers.ts',
    'new Map([[name, { ...ledger, enrolled: true }]])',
    'new Map([[name, { ...ledger, enrolled: true, reservations: [] }]])',
  ),
  cluster(
    'an unknown change of a ledger is taken for done',
    'ledgers.ts',
    "if (result.kind === 'done') return;",
    "if (result.kind !== 'changed') return;",
  ),
  cluster(
    'what is freed stays promised',
    'ledgers.ts',
    'ledger.reservations.filter(({ id }) => !freed.has(id))',
    'ledger.reservations',
  ),
  cluster('what is there is not put into a ledger that was lost', 'ledgers.ts', '[...kept, ...added]', 'kept'),
  cluster(
    'who is there is not enrolled in a ledger that was lost',
    'ledgers.ts',
    'if (ledger.enrolled && kept',
    'if (kept',
  ),
  cluster('a draining host is chosen', 'placement.ts', "  if (ledger.draining) return 'it is draining';\n", ''),
  cluster('a host of another version is chosen', 'placement.ts', 'report.version !== request.version', 'false'),
  cluster(
    'both sides of a pair may be on one host',
    'placement.ts',
    `  if (name === request.from && request.sameHost !== true) return 'the other side is on it';
  if (report === undefined) return 'its agent is not heard';
  if (ledger.draining) return 'it is draining';
  const own = carries.find(({ pair }) => pair === request.pair);
`,
    `  if (report === undefined) return 'its agent is not heard';
  if (ledger.draining) return 'it is draining';
  const own = undefined;
`,
  ),
  cluster(
    'what is promised and not yet in use is not counted',
    'placement.ts',
    'Math.min(freeBytes, ramBytes - carriedBytes(host))',
    'freeBytes',
  ),
  cluster('a promise that nobody comes for is kept', 'kept-promises.ts', '> this.#claimMs', '> 1e9'),
  cluster(
    'an agent that is asked twice starts two',
    'kept-promises.ts',
    'if (this.#starting.has(id)) return',
    'if (false) return',
  ),
  cluster(
    'a side that takes over when it is to leave is said to be gone',
    'emptied.ts',
    'now.primary === this.#host ? TAKEN_OVER : this.#elsewhere(now)',
    'now.backup === this.#host ? undefined : now.backup',
  ),
  cluster('who refused once is never asked again', 'place-finder.ts', '>= this.#parts.backOff.refusedMs', '>= 1e9'),
  session(
    'the replay runs past what it knows',
    'replayer.ts',
    "if (now.tick >= target) return 'starved';",
    'if (now.tick >= target) return { inputs, until: (now.tick + 5n) as typeof now.tick };',
  ),
];

/** Runs worlds on a thread of its own, whose sources have the defect. */
export function huntSource(mutant: SourceMutant, most: number): Promise<Found> {
  return new Promise((found, failed) => {
    const preload = new URL('./source-hook.ts', import.meta.url).href;
    const worker = new Worker(new URL('./source-worker.ts', import.meta.url), {
      workerData: { ...mutant, most },
      execArgv: ['--import', preload],
    });
    worker.on('message', found);
    worker.on('error', failed);
  });
}
