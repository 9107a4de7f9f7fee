/** What the guest does, and how much of it. All but `request` happens in one boot of Linux, a stage each. */

export const STAGES = ['cpu', 'compile', 'redis', 'nginx', 'receive', 'transmit', 'idle'] as const;
export const WORKS = [...STAGES, 'request'] as const;
/** A processor and its memory, a disk, a network: what the methods differ in. */
export const METHOD_WORKS = ['cpu', 'redis', 'nginx', 'request'] as const;
export type StageName = (typeof STAGES)[number];
export type WorkName = (typeof WORKS)[number];

interface Amount {
  readonly full: number;
  readonly quick: number;
}

/** In the unit that `TITLES` names. */
const AMOUNTS: { readonly [name in WorkName]: Amount } = {
  cpu: { full: 20, quick: 2 },
  compile: { full: 11, quick: 2 },
  redis: { full: 20_000, quick: 1500 },
  nginx: { full: 5000, quick: 500 },
  receive: { full: 64, quick: 8 },
  transmit: { full: 128, quick: 8 },
  idle: { full: 30, quick: 5 },
  request: { full: 1000, quick: 100 },
};

const UNITS: { readonly [name in WorkName]: string } = {
  cpu: 'units of each kernel',
  compile: 'C sources',
  redis: 'SETs, then GETs',
  nginx: 'requests',
  receive: 'MiB',
  transmit: 'MiB',
  idle: 'seconds',
  request: 'requests',
};

export const amountOf = (name: WorkName, quick: boolean): number => AMOUNTS[name][quick ? 'quick' : 'full'];

export const titleOf = (name: WorkName, quick: boolean): string =>
  `${name}, ${amountOf(name, quick).toLocaleString('en-US')} ${UNITS[name]}`;

/** Bytes that come in from the network, where that is what the stage is about. */
export const receivedBytes = (name: WorkName, quick: boolean): number =>
  name === 'receive' ? amountOf(name, quick) * 2 ** 20 : Number.NaN;
