/**
 * A host has one agent: two would promise the same memory twice. One that has died may still be in the registry for the
 * time of a lease, and is not taken for one that lives.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { decodeHost, hostKey } from '../../ft/cluster/records.ts';
import { LEASE_MS, type Registry } from '../../ft/cluster/registry.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { parseEndpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { codeOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';

const ASK_MS = 2000;
const LOOK_MS = 200;
/** A lease that is there for so long without its owner is no such lease. */
const LEFT_MS = 2 * LEASE_MS;

/** UserError 'two-agents', which says where the other one is, when the host of that name has an agent that lives. */
export async function requireOnly(registry: Registry, name: string, key: PairKey | undefined): Promise<void> {
  const from = performance.now();
  for (;;) {
    const at = await agentOf(registry, name);
    if (at === undefined) return;
    const found = await processAt(at, key);
    if (found === 'nobody') return;
    if (found !== 'silent' || performance.now() - from > LEFT_MS) throw twoAgents(name, at, found);
    await sleep(LOOK_MS);
  }
}

async function agentOf(registry: Registry, name: string): Promise<string | undefined> {
  const leases = await registry.leases(hostKey(name));
  const lease = leases.find(({ key }) => key === hostKey(name));
  return lease === undefined ? undefined : decodeHost(lease.text)?.agent;
}

/** 'silent': whoever is there says nothing that is understood; with another key of the cluster, for instance. */
async function processAt(agent: string, key: PairKey | undefined): Promise<number | 'nobody' | 'silent'> {
  try {
    const answer = await askAgent(parseEndpoint('agent', agent), key, { kind: 'who' }, ASK_MS);
    return answer.kind === 'agent' ? answer.pid : 'silent';
  } catch (error) {
    return error instanceof UserError && codeOf(error.cause) === 'ECONNREFUSED' ? 'nobody' : 'silent';
  }
}

function twoAgents(name: string, at: string, found: number | 'silent'): UserError {
  const who = found === 'silent' ? 'one that does not answer to this key' : `process ${found}`;
  const what = `the host ${name} has an agent already: ${who}, at ${at}`;
  const remedy =
    'end that one first; if it is on another machine, give each a host name and /etc/machine-id of its own';
  return new UserError('two-agents', what, remedy, ExitCode.usage);
}
