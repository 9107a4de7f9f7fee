/** What can befall a pair, and what must come of it. */
import type { LabHosts } from './hosts.ts';
import type { LabPair, Role } from './pair.ts';

export const VICTIMS = ['primary', 'backup', 'cut', 'pause', 'vanish'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Stage {
  readonly hosts: LabHosts;
  readonly pair: LabPair;
}

export interface Fault {
  /** Who may live on. */
  readonly survivors: readonly Role[];
  strike(stage: Stage): void;
  /** What was stopped goes on: while the survivor serves, or after the guest's end there. */
  wake?(stage: Stage): void;
  /** How the side that is lost ends: by this status or signal. */
  readonly loser: number | string;
}

/** "The pair goes on at the other side". */
const LOST = 4;
/** Nothing befell it: one side took the other for lost. Safe, but the pair is none any more. */
export const PARTED: Fault = { survivors: ['primary', 'backup'], strike: () => {}, loser: LOST };

export const FAULTS: Readonly<Record<Victim, Fault>> = {
  primary: { survivors: ['backup'], strike: ({ pair }) => pair.primary.signal('SIGKILL'), loser: 'SIGKILL' },
  backup: { survivors: ['primary'], strike: ({ pair }) => pair.backup.signal('SIGKILL'), loser: 'SIGKILL' },
  cut: { survivors: ['primary', 'backup'], strike: ({ hosts }) => hosts.wire(false), loser: LOST },
  pause: {
    survivors: ['backup'],
    strike: ({ pair }) => pair.primary.signal('SIGSTOP'),
    wake: ({ pair }) => pair.primary.signal('SIGCONT'),
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
};
