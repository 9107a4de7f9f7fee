/**
 * Connections of agents: TLS with the key of the cluster, as of the logging channel but with a key of its own, derived
 * from the same secret. One line each way.
 */

import type { Socket } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { type Endpoint, endpointText } from '../ft/endpoint.ts';
import { forAgents, type PairKey } from '../ft/key.ts';
import { firstLine, lastWords } from '../ft/one-line.ts';
import { dial, type Listener, listen } from '../ft/transport.ts';
import { reasonOf } from '../os-errors.ts';
import { type AgentAnswer, type AgentRequest, decodeRequest } from './agent-messages.ts';

/** Who connects and has not said its line by then is nobody. */
const LINE_MS = 5000;
const DIAL_MS = 2000;

/** `stranger` is told of who does not hold the key. UserError when the address cannot be had. */
export function openDoor(
  endpoint: Endpoint,
  key: PairKey | undefined,
  answer: (request: AgentRequest) => Promise<AgentAnswer>,
  stranger: (from: string) => void,
): Promise<Listener> {
  const connected = async (socket: Socket): Promise<void> => {
    let said: AgentAnswer;
    try {
      const request = decodeRequest(await firstLine(socket, LINE_MS));
      said =
        request === undefined
          ? { kind: 'refused', reason: 'it is asked what its version does not understand' }
          : await answer(request);
    } catch (error) {
      said = { kind: 'refused', reason: reasonOf(error) };
    }
    lastWords(socket, `${JSON.stringify(said)}\n`);
  };
  return listen(endpoint, key && forAgents(key), (socket) => void connected(socket), stranger);
}

/** What the agent at `endpoint` answers, within `limitMs`. UserError 'no-agent' when it does not. */
export async function askAgent(
  endpoint: Endpoint,
  key: PairKey | undefined,
  request: AgentRequest,
  limitMs: number,
): Promise<AgentAnswer> {
  let socket: Socket | undefined;
  try {
    socket = await dial(endpoint, key && forAgents(key), DIAL_MS);
    const line = firstLine(socket, limitMs);
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await line) as AgentAnswer;
  } catch (error) {
    const what = `the agent at ${endpointText(endpoint)} does not answer: ${reasonOf(error)}`;
    throw new UserError('no-agent', what, 'look whether lockstep ft host runs there', ExitCode.lost, error);
  } finally {
    socket?.destroy();
  }
}
