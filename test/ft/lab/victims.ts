/** What can befall a pair, and what must come of it. */
import type { LabHosts } from './hosts.ts';
import type { LabPair, Role } from './pair.ts';

export interface Stage {
  readonly hosts: LabHosts;
  readonly pair: LabPair;
}

export interface Fault {
  /** Who may live on alone; nobody: it must remain a pair. */
  readonly survivors: readonly Role[];
  strike(stage: Stage): void;
  /** It passes after a while, whatever has come of it. */
  heal?(stage: Stage): void;
  /** What was stopped goes on: while the survivor serves, or after the guest's end there. */
  wake?(stage: Stage): void;
  /** How the side that is lost ends, or, in a pair that remains one, the backup: by this status or signal. */
  readonly loser: number | string;
  /** The wire between the two is one whose datagrams and connections can be lost apart. */
  readonly relayed?: true;
}

/** "The pair goes on at the other side". */
const LOST = 4;
const ENDED = 0;
/** Nothing befell it: one side took the other for lost. Safe, but the pair is none any more. */
export const PARTED: Fault = { survivors: ['primary', 'backup'], strike: () => {}, loser: LOST };

const either = ['primary', 'backup'] as const;
const nobodyLost = { survivors: [], loser: ENDED } as const;

export const FAULTS = {
  primary: { survivors: ['backup'], strike: ({ pair }) => pair.primary.signal('SIGKILL'), loser: 'SIGKILL' },
  backup: { survivors: ['primary'], strike: ({ pair }) => pair.backup.signal('SIGKILL'), loser: 'SIGKILL' },
  cut: { survivors: either, strike: ({ hosts }) => hosts.wire(false), loser: LOST },
  // Half of the wire: channel and heartbeats are watched apart.
  'cut-channel': { survivors: either, strike: ({ pair }) => pair.relay?.tell('tcp off'), loser: LOST, relayed: true },
  'cut-heartbeats': {
    survivors: either,
    strike: ({ pair }) => pair.relay?.tell('udp off'),
    loser: LOST,
    relayed: true,
  },
  pause: {
    survivors: ['backup'],
    strike: ({ pair }) => pair.primary.signal('SIGSTOP'),
    wake: ({ pair }) => pair.primary.signal('SIGCONT'),
    loser: LOST,
  },
  'pause-backup': {
    survivors: ['primary'],
    strike: ({ pair }) => pair.backup.signal('SIGSTOP'),
    wake: ({ pair }) => pair.backup.signal('SIGCONT'),
    loser: LOST,
  },
  // A host without power: nothing that was under way between the two arrives, and nobody is told.
  vanish: {
    survivors: ['backup'],
    strike: ({ hosts, pair }) => {
      hosts.cables('a', false);
      pair.relay?.signal('SIGSTOP');
      pair.primary.signal('SIGKILL');
    },
    loser: 'SIGKILL',
  },
  // The arbiter does not answer when it is wanted: the backup waits for it.
  'primary-and-storage': {
    survivors: ['backup'],
    strike: ({ hosts, pair }) => {
      hosts.storage.signal('SIGSTOP');
      pair.primary.signal('SIGKILL');
    },
    heal: ({ hosts }) => hosts.storage.signal('SIGCONT'),
    loser: 'SIGKILL',
  },
  storage: {
    ...nobodyLost,
    strike: ({ hosts }) => hosts.storage.signal('SIGSTOP'),
    heal: ({ hosts }) => hosts.storage.signal('SIGCONT'),
  },
  'cut-storage': {
    ...nobodyLost,
    strike: ({ hosts }) => hosts.cable('storage', false),
    heal: ({ hosts }) => hosts.cable('storage', true),
  },
  'cut-clients': {
    ...nobodyLost,
    strike: ({ hosts }) => hosts.cable('client', false),
    heal: ({ hosts }) => hosts.cable('client', true),
  },
  // One datagram in three: heartbeats are many for that.
  lossy: {
    ...nobodyLost,
    strike: ({ pair }) => pair.relay?.tell('udp lossy'),
    heal: ({ pair }) => pair.relay?.tell('udp on'),
    relayed: true,
  },
} as const satisfies Record<string, Fault>;

export type Victim = keyof typeof FAULTS;
export const VICTIMS = Object.keys(FAULTS) as readonly Victim[];
