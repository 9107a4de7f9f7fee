/**
 * Connections of agents: TLS with the key of the cluster, as of the logging channel but with a key of its own, derived
 * from the same secret. One line each way.
 */

import type { Socket } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { type Endpoint, endpointText } from '../ft/endpoint.ts';
import { forAgents, type PairKey } from '../ft/key.ts';
import { dial, type Listener, listen } from '../ft/transport.ts';
import { reasonOf } from '../os-errors.ts';
import { type AgentAnswer, type AgentRequest, decodeRequest, LINE_MAX } from './agent-messages.ts';

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
    try {
      const request = decodeRequest(await lineOf(socket, LINE_MS));
      const said: AgentAnswer =
        request === undefined
          ? { kind: 'refused', reason: 'it is asked what its version does not understand' }
          : await answer(request);
      socket.end(`${JSON.stringify(said)}\n`);
    } catch (error) {
      socket.end(`${JSON.stringify({ kind: 'refused', reason: reasonOf(error) })}\n`);
      socket.destroySoon();
    }
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
    const line = lineOf(socket, limitMs);
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await line) as AgentAnswer;
  } catch (error) {
    const what = `the agent at ${endpointText(endpoint)} does not answer: ${reasonOf(error)}`;
    throw new UserError('no-agent', what, 'look whether lockstep ft host runs there', ExitCode.lost, error);
  } finally {
    socket?.destroy();
  }
}

/** The first line that comes. */
function lineOf(socket: Socket, limitMs: number): Promise<string> {
  return new Promise((done, failed) => {
    let text = '';
    const timer = setTimeout(() => failed(new Error('no answer')), limitMs);
    const end = (error: Error): void => {
      clearTimeout(timer);
      failed(error);
    };
    socket.setEncoding('utf8');
    socket.on('error', end);
    socket.on('close', () => end(new Error('the other side closed the connection')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const length = text.indexOf('\n');
      if (length >= 0) {
        clearTimeout(timer);
        done(text.slice(0, length));
      } else if (text.length > LINE_MAX) end(new Error('the line has no end'));
    });
  });
}
