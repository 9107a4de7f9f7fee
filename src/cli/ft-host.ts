/** `lockstep ft host`: a host's agent in this process, until a signal. */

import { Cluster } from '../ft/cluster/cluster.ts';
import { Agent, type AgentOptions } from '../host/cluster/agent.ts';
import { openRegistry } from '../host/cluster/registry-of.ts';
import { endpointText } from '../host/ft/endpoint.ts';
import { say, stopOnSignal } from './live.ts';
import { bytes } from './text.ts';

export interface HostServed {
  readonly name: string;
  readonly agent: string;
  /** Processes that go on without the agent. */
  readonly left: number;
}

/** UserError when it cannot begin. Signals end the agent alone. */
export async function serveHost(options: AgentOptions): Promise<HostServed> {
  const stop = stopOnSignal();
  const agent = await Agent.begin(options, await openRegistry(options.registry, say), say);
  const { name, endpoint } = agent;
  const { hosts } = await new Cluster(agent.registry).view();
  const ram = hosts.find((host) => host.name === name)?.report?.ramBytes ?? 0;
  const found = agent.places.length;
  const carried = found === 0 ? '' : `; it carries ${found} from before`;
  say(`host ${name}: agent at ${endpointText(endpoint)}, ${bytes(ram)} for guests${carried}`);
  if (!stop.aborted) await new Promise((done) => stop.addEventListener('abort', done, { once: true }));
  const left = agent.places.length;
  await agent.end();
  if (left > 0) say(`${left} guests go on here without an agent`);
  return { name, agent: endpointText(endpoint), left };
}
