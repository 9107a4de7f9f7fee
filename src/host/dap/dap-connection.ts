/**
 * One client of the debug adapter on a pair of streams. Messages are read by our own reader, which finds the next sound
 * one behind anything; sequence numbers, responses and events are @vscode/debugadapter's. What requests mean is
 * src/debug/dap's matter. A client that came from anywhere is left at the first header that is not clean: it may be a
 * web page that has a browser send a request whose body are messages.
 */

import type { Readable, Writable } from 'node:stream';
import { Response } from '@vscode/debugadapter';
import { ProtocolServer } from '@vscode/debugadapter/lib/protocol.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Adapter, type AdapterPorts, type Answer, type Request } from '../../debug/dap/adapter.ts';
import { encodeMessage, type Incoming, MessageReader } from '../../debug/dap/wire.ts';

/** Who is at the other end: whoever started this process, or whoever found the port. */
export type Peer = 'starter' | 'anybody';

export class DapConnection extends ProtocolServer {
  /** Resolves when the client has gone, or `end` was called, and nothing is held any more; rejects on a defect. */
  readonly done: Promise<void>;
  readonly #output: Writable;
  readonly #input: Readable;
  readonly #reader = new MessageReader();
  readonly #adapter: Adapter;
  readonly #finish: { resolve(): void; reject(error: unknown): void };
  readonly #peer: Peer;
  #ended = false;
  /** Nothing more is heard. */
  #refused = false;

  constructor(input: Readable, output: Writable, peer: Peer, ports: Pick<AdapterPorts, 'open' | 'defect'>) {
    super();
    this.#peer = peer;
    this.#input = input;
    this.#output = output;
    this.#adapter = new Adapter({
      open: ports.open,
      defect: ports.defect,
      answer: (request, answer) => this.#answer(request, answer),
      event: (event, body) => this.#event(event, body),
      left: () => this.end(),
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = { resolve, reject };
    this.onDidSendMessage((message) => {
      if (output.writable) output.write(encodeMessage(message));
    });
    input.on('data', (bytes: Buffer) => {
      if (this.#refused) return;
      for (const incoming of this.#reader.push(bytes)) {
        this.#take(incoming);
        if (this.#refused) return;
      }
    });
    // How the client goes away does not matter.
    for (const stream of [input, output]) stream.on('error', () => this.end());
    input.on('close', () => this.end());
    input.on('end', () => this.end());
  }

  /** Lets go of the recording and of the streams. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#adapter.close().then(
      () => {
        this.#input.destroy();
        if (this.#output.writable) this.#output.end(() => this.#finish.resolve());
        else this.#finish.resolve();
      },
      (error) => this.#finish.reject(error),
    );
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    // Errors of requests are answers.
    this.#adapter.handle(request).catch((error) => this.#finish.reject(error));
  }

  #take(incoming: Incoming): void {
    if (incoming.kind === 'damaged') {
      this.#complain(incoming.what);
      this.#refused = this.#peer === 'anybody' && incoming.in === 'header';
      if (this.#refused) this.end();
    } else if (isRequest(incoming.message)) this.handleMessage({ ...incoming.message, type: 'request' });
    else this.#refuse(incoming.message);
  }

  /** What is no request is answered where it can be said which message that was. */
  #refuse(message: unknown): void {
    const seq = typeof message === 'object' && message !== null && 'seq' in message ? message.seq : undefined;
    if (Number.isSafeInteger(seq)) {
      this.#answer({ seq: seq as number, command: '' }, { success: false, message: 'this message is no request' });
    } else {
      this.#complain('a message that is no request');
    }
  }

  #complain(what: string): void {
    this.#event('output', { category: 'stderr', output: `lockstep: the client sent ${what}\n` });
  }

  #answer(request: Request, answer: Answer): void {
    const response: DebugProtocol.Response = new Response({ ...request, type: 'request' });
    response.success = answer.success;
    if (answer.success) response.body = answer.body;
    else {
      response.message = answer.message;
      // Braces would be taken for names of variables.
      response.body = { error: { id: 1, format: answer.message.replace(/[{}]/g, "'"), showUser: true } };
    }
    this.sendResponse(response);
  }

  #event(event: string, body: object | undefined): void {
    this.sendEvent({ seq: 0, type: 'event', event, ...(body === undefined ? {} : { body }) });
  }
}

/** As far as an answer needs. */
function isRequest(message: unknown): message is Request {
  if (typeof message !== 'object' || message === null) return false;
  const { type, seq, command } = message as { readonly [name: string]: unknown };
  return type === 'request' && Number.isSafeInteger(seq) && typeof command === 'string';
}
