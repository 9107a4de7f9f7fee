/** What this host has, at this moment. Sizes in bytes. */

import { availableParallelism, loadavg, totalmem } from 'node:os';
import type { HostReport } from '../../ft/cluster/records.ts';

/** Of a host's memory, what is for guests when the operator does not say. */
const SHARE = 0.75;

export function hostFacts(ramBytes: number | undefined): Omit<HostReport, 'name' | 'agent' | 'version'> {
  return {
    cpus: availableParallelism(),
    load: Math.round(loadavg()[0]! * 100) / 100,
    ramBytes: ramBytes ?? Math.floor(totalmem() * SHARE),
    freeBytes: process.availableMemory(),
  };
}
