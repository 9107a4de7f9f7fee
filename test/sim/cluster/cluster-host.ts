/** A host of a simulated cluster: its memory, the processes of pairs on it, and its agent. */

import type { Agent } from './agent.ts';

/** One side of a pair, or a place for one. */
export interface Side {
  readonly pair: string;
  /** Its reservation; undefined: it was started by hand. */
  readonly id: string | undefined;
  readonly bytes: number;
  readonly isAlive: () => boolean;
  /** The guest is or may be there: false of one that has lost it and does not know yet. */
  readonly isOfPair: () => boolean;
  /** `vanish`: its host is gone. */
  readonly kill: (vanish: boolean) => void;
}

export class ClusterHost {
  readonly name: string;
  readonly version: string;
  readonly ramBytes: number;
  readonly sides = new Set<Side>();
  isUp = true;
  /** The network is cut here. */
  isCut = false;
  agent: Agent | undefined;

  constructor(name: string, version: string, ramBytes: number) {
    this.name = name;
    this.version = version;
    this.ramBytes = ramBytes;
  }

  get living(): readonly Side[] {
    return [...this.sides].filter(({ isAlive }) => isAlive());
  }

  get freeBytes(): number {
    return this.living.reduce((left, { bytes }) => left - bytes, this.ramBytes);
  }

  /** A side with this reservation is here, or was. */
  hasHad(id: string): boolean {
    return [...this.sides].some((side) => side.id === id);
  }

  /** The side with this reservation that lives here. */
  side(id: string): Side | undefined {
    return this.living.find((side) => side.id === id);
  }
}
