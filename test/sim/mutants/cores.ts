/** Defects of the protocol, made by what goes into a core and what comes out of it. */

import type { Output } from '../../../src/emu/machine/events.ts';
import type {
  BackupEffect,
  BackupEvent,
  HeldOutput,
  PrimaryEffect,
  PrimaryEvent,
} from '../../../src/ft/protocol/io.ts';
import type { BackupCore, Core, PrimaryCore } from '../node/core.ts';
import type { Mutant } from './mutant.ts';

type Handle<Event, Effect> = (event: Event, now: number, core: Core<Event, Effect>) => readonly Effect[];

function around<Event, Effect>(core: Core<Event, Effect>, handle: Handle<Event, Effect>): Core<Event, Effect> {
  return {
    handle: (event, now) => handle(event, now, core),
    get deadline() {
      return core.deadline;
    },
    get state() {
      return core.state;
    },
    get acked() {
      return core.acked;
    },
  };
}

const primary =
  (make: () => Handle<PrimaryEvent<Output>, PrimaryEffect<Output>>) =>
  (core: PrimaryCore): PrimaryCore =>
    around(core, make());
const backup =
  (make: () => Handle<BackupEvent<Output>, BackupEffect<Output>>) =>
  (core: BackupCore): BackupCore =>
    around(core, make());

type Claimed = { readonly kind: 'claimed'; readonly epoch: number; readonly result: { readonly kind: 'won' } };
const won = (epoch: number): Claimed => ({ kind: 'claimed', epoch, result: { kind: 'won' } });

/** The effects, with some replaced by others. */
const mapped = <E>(effects: readonly E[], change: (effect: E) => readonly E[]): E[] => effects.flatMap(change);

export const CORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'release on send, not on ack',
    hooks: () => ({
      primary: primary(() => (event, now, core) => {
        if (event.kind !== 'output') return core.handle(event, now);
        return [{ kind: 'release', output: event.output }];
      }),
    }),
  },
  {
    name: 'ack before buffering',
    hooks: () => ({
      backup: backup(() => {
        let kept: BackupEvent<Output> | undefined;
        return (event, now, core) => {
          if (event.kind !== 'message' || event.message.kind !== 'frame') return core.handle(event, now);
          const before = kept;
          kept = event;
          const { connection, message } = event;
          const ack: BackupEffect<Output> = {
            kind: 'send',
            connection,
            message: { kind: 'ack', sequence: message.sequence },
          };
          const effects = before === undefined ? [] : core.handle(before, now);
          return [...effects.filter((effect) => effect.kind !== 'send' || effect.message.kind !== 'ack'), ack];
        };
      }),
    }),
  },
  {
    name: 'go live without draining',
    hooks: () => ({
      backup: backup(
        () => (event, now, core) =>
          mapped(core.handle(event, now), (effect) =>
            effect.kind === 'drain' ? core.handle({ kind: 'drained' }, now) : [effect],
          ),
      ),
    }),
  },
  {
    name: 'no test-and-set',
    hooks: () => ({
      primary: primary(
        () => (event, now, core) =>
          mapped(core.handle(event, now), (effect) =>
            effect.kind === 'claim' ? core.handle(won(effect.epoch), now) : [effect],
          ),
      ),
      backup: backup(
        () => (event, now, core) =>
          mapped(core.handle(event, now), (effect) =>
            effect.kind === 'claim' ? core.handle(won(effect.epoch), now) : [effect],
          ),
      ),
    }),
  },
  {
    name: 'time-out of the test-and-set read as won',
    hooks: () => ({ claimResult: (result) => (result.kind === 'unknown' ? { kind: 'won' } : result) }),
  },
  {
    name: 'time-out of the test-and-set read as lost',
    hooks: () => ({ claimResult: (result) => (result.kind === 'unknown' ? { kind: 'lost', holder: '?' } : result) }),
  },
  {
    name: 'the arbiter is asked only once',
    hooks: () => {
      const once = <E extends { readonly kind: string }>(): ((effects: readonly E[]) => E[]) => {
        let asked = false;
        return (effects) =>
          effects.filter(({ kind }) => {
            if (kind !== 'claim') return true;
            const first = !asked;
            asked = true;
            return first;
          });
      };
      const [a, b] = [once<PrimaryEffect<Output>>(), once<BackupEffect<Output>>()];
      return {
        primary: primary(() => (event, now, core) => a(core.handle(event, now))),
        backup: backup(() => (event, now, core) => b(core.handle(event, now))),
      };
    },
  },
  {
    name: 'the loser goes on',
    hooks: () => ({
      primary: primary(
        () => (event, now, core) =>
          mapped(core.handle(event, now), (effect) =>
            effect.kind === 'halt' && effect.why === 'lost' ? [{ kind: 'live', epoch: 2 }] : [effect],
          ),
      ),
    }),
  },
  {
    name: 'no power-off entry',
    hooks: () => ({
      primary: primary(() => {
        let off = false;
        return (event, now, core) => {
          if (off) return [];
          off = event.kind === 'frame' && event.last;
          return off ? [{ kind: 'off' }] : core.handle(event, now);
        };
      }),
    }),
  },
  {
    name: 'ack index from the wrong connection after a reconnection',
    hooks: () => ({
      primary: primary(() => {
        let sent = -1;
        return (event, now, core) => {
          const stale =
            event.kind === 'message' && event.message.kind === 'welcome' && sent > event.message.received
              ? { ...event, message: { ...event.message, received: sent } }
              : event;
          const effects = core.handle(stale, now);
          for (const effect of effects)
            if (effect.kind === 'send' && effect.message.kind === 'frame') sent = effect.message.sequence;
          return effects;
        };
      }),
    }),
  },
  {
    name: 'frames are acknowledged after the claim',
    hooks: () => ({
      backup: backup(() => {
        let claimed = false;
        return (event, now, core) => {
          if (claimed && event.kind === 'message' && event.message.kind === 'frame') {
            const { connection, message } = event;
            return [{ kind: 'send', connection, message: { kind: 'ack', sequence: message.sequence } }];
          }
          const effects = core.handle(event, now);
          if (effects.some(({ kind }) => kind === 'claim')) claimed = true;
          return effects.filter(({ kind }) => !claimed || kind !== 'disconnect');
        };
      }),
    }),
  },
  {
    name: 'outputs held at the backup are dropped',
    hooks: () => ({
      backup: backup(() => (event, now, core) => core.handle(event, now).filter((effect) => effect.kind !== 'release')),
    }),
  },
  {
    name: 'outputs are reported before they are released',
    hooks: () => ({
      primary: primary(() => {
        const made: { [device: string]: bigint } = {};
        return (event, now, core) => {
          if (event.kind === 'output') made[event.output.device] = (event.output as HeldOutput<Output>).unit;
          return mapped(core.handle(event, now), (effect) =>
            effect.kind === 'send' && effect.message.kind === 'released'
              ? [{ ...effect, message: { kind: 'released', released: { ...made } } }]
              : [effect],
          );
        };
      }),
    }),
  },
  {
    name: 'a full buffer does not stop the primary',
    hooks: () => ({
      primary: primary(() => (event, now, core) => core.handle(event, now).filter(({ kind }) => kind !== 'stall')),
    }),
  },
  {
    name: 'a full buffer does not stop the backup reading',
    hooks: () => ({
      backup: backup(() => (event, now, core) => core.handle(event, now).filter(({ kind }) => kind !== 'reading')),
    }),
  },
  {
    name: 'outputs leave after the state of a copy was sent',
    hooks: () => ({
      primary: primary(() => {
        let sent = false;
        return (event, now, core) => {
          if (sent && event.kind === 'output') return [{ kind: 'release', output: event.output }];
          if (event.kind === 'frame' && event.commit === true) sent = true;
          return core.handle(event, now);
        };
      }),
    }),
  },
  {
    name: 'a backup without the state of a copy claims',
    hooks: () => ({
      backup: backup(() => {
        let epoch = 1;
        return (event, now, core) => {
          if (event.kind === 'message' && event.message.kind === 'hello') epoch = event.message.epoch;
          return mapped(core.handle(event, now), (effect) =>
            effect.kind === 'halt' && effect.why === 'forgotten' ? [{ kind: 'claim', epoch: epoch + 1 }] : [effect],
          );
        };
      }),
    }),
  },
  {
    name: 'the old primary goes on after it has handed its guest over',
    hooks: () => ({
      primary: primary(() => (event, now, core) => {
        if (event.kind !== 'message' || event.message.kind !== 'taken') return core.handle(event, now);
        return [
          { kind: 'live', epoch: event.message.epoch },
          { kind: 'resume', reason: 'nobody' },
        ];
      }),
    }),
  },
  {
    name: 'the backup goes live when it is told to claim',
    hooks: () => ({
      backup: backup(() => {
        let told = false;
        return (event, now, core) => {
          if (event.kind === 'message' && event.message.kind === 'yield') told = true;
          return mapped(core.handle(event, now), (effect) =>
            told && effect.kind === 'claim' ? core.handle(won(effect.epoch), now) : [effect],
          );
        };
      }),
    }),
  },
];
