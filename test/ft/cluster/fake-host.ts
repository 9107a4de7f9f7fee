/** Hosts for tests: in a registry like any other, with agents that answer as the test says. */
import { hostKey, type PairReport, pairKeyOf } from '../../../src/ft/cluster/records.ts';
import type { Lease, Registry } from '../../../src/ft/cluster/registry.ts';
import { openDoor } from '../../../src/host/cluster/agent-door.ts';
import type { AgentAnswer, AgentRequest } from '../../../src/host/cluster/agent-messages.ts';
import { endpointText } from '../../../src/host/ft/endpoint.ts';

const GB = 2 ** 30;

export interface FakeHost {
  /** Kinds of what its agent was asked. */
  readonly asked: readonly string[];
  /** Its agent does not answer any more. */
  silence(): void;
}

export async function fakeHost(
  registry: Registry,
  name: string,
  answer: (request: AgentRequest) => AgentAnswer = () => ({ kind: 'done' }),
  version = '1',
): Promise<FakeHost> {
  const asked: string[] = [];
  const door = await openDoor(
    { host: '127.0.0.1', port: 0 },
    undefined,
    async (request) => {
      asked.push(request.kind);
      return answer(request);
    },
    () => {},
  );
  const agent = endpointText(door.endpoint);
  const report = { name, agent, version, cpus: 4, load: 0, ramBytes: 8 * GB, freeBytes: 8 * GB };
  await registry.lease(hostKey(name), JSON.stringify(report));
  return { asked, silence: () => door.close() };
}

/** A pair named 'web' that says of itself what it is told. */
export class FakePair {
  readonly #registry: Registry;
  #lease: Lease | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async says(words: Partial<PairReport>): Promise<void> {
    const report = { name: 'web', epoch: 1, state: 'protected', primary: 'a', memoryBytes: GB, ...words };
    if (this.#lease !== undefined) this.#lease.set(JSON.stringify(report));
    else this.#lease = await this.#registry.lease(pairKeyOf('web', 'n'), JSON.stringify(report));
  }
}
