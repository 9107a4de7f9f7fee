/**
 * A node's ends of connections: messages out of bytes and into them. What is damaged, and what only the other side may
 * say, closes the connection; what comes while it is not read from waits, and stays in order.
 */

import type { ChannelEvent } from '../../../src/ft/protocol/io.ts';
import type { Message } from '../../../src/ft/protocol/message.ts';
import { encodeMessage, isFromPrimary, MessageSplitter } from '../../../src/ft/protocol/wire.ts';
import type { LogName } from '../monitors/primary-log.ts';
import type { Connection, End } from '../world/connection.ts';
import type { Node } from './node.ts';

interface Channel {
  readonly connection: Connection;
  readonly splitter: MessageSplitter;
  /** What came while it was not read from; undefined while it is. */
  unread: (() => void)[] | undefined;
}

export class Channels {
  readonly #node: Pick<Node, 'name' | 'main' | 'world'>;
  readonly #end: End;
  readonly #handle: (event: ChannelEvent<Message>) => void;
  readonly #open = new Map<number, Channel>();

  /** `handle`: called in jobs of the node's main thread. The primary dials. */
  constructor(
    node: Pick<Node, 'name' | 'main' | 'world'>,
    does: 'dials' | 'listens',
    handle: (event: ChannelEvent<Message>) => void,
  ) {
    this.#node = node;
    this.#end = does === 'dials' ? 0 : 1;
    this.#handle = handle;
  }

  connections(): Connection[] {
    return [...this.#open.values()].map(({ connection }) => connection);
  }

  /** What the dialler of a connection dialled it for. */
  logOf(id: number): LogName | undefined {
    return this.#open.get(id)?.connection.log;
  }

  add(id: number, connection: Connection): void {
    const channel: Channel = { connection, splitter: new MessageSplitter(), unread: undefined };
    this.#open.set(id, channel);
    const inOrder = (run: () => void): void => {
      if (channel.unread === undefined) run();
      else channel.unread.push(run);
    };
    connection.attach(this.#end, {
      bytes: (bytes) => this.#node.main.post(() => inOrder(() => this.#received(id, bytes))),
      closed: (reason) => this.#node.main.post(() => inOrder(() => this.#closed(id, reason))),
    });
    this.#node.main.post(() => this.#handle({ kind: 'connected', connection: id }));
  }

  send(id: number, message: Message): void {
    this.#open.get(id)?.connection.send(this.#end, encodeMessage(message));
  }

  setReading(id: number, reading: boolean): void {
    const channel = this.#open.get(id);
    if (channel === undefined) return;
    channel.connection.setReading(this.#end, reading);
    const unread = channel.unread ?? [];
    channel.unread = reading ? undefined : unread;
    if (reading) for (const run of unread.reverse()) this.#node.main.again(run);
  }

  disconnect(id: number, reason: string): void {
    const channel = this.#open.get(id);
    this.#open.delete(id);
    channel?.connection.close(this.#end, reason);
  }

  closeAll(reason: string): void {
    for (const id of [...this.#open.keys()]) this.disconnect(id, reason);
  }

  /** The process is gone, or its whole host. */
  end(vanish: boolean): void {
    for (const connection of this.connections()) {
      if (vanish) connection.vanish(this.#end);
      else connection.reset(this.#end);
    }
  }

  #closed(id: number, reason: string): void {
    if (this.#open.delete(id)) this.#handle({ kind: 'closed', connection: id, reason });
  }

  /** Messages are jobs of their own, before whatever waits. */
  #received(id: number, bytes: Uint8Array): void {
    const channel = this.#open.get(id);
    if (channel === undefined) return;
    const messages: Message[] = [];
    let damage: string | undefined;
    try {
      for (const message of channel.splitter.push(bytes)) {
        if (isFromPrimary(message) === (this.#end === 0)) throw new Error(`${message.kind} from the wrong side`);
        messages.push(message);
      }
    } catch (error) {
      damage = (error as Error).message;
    }
    if (channel.splitter.keptBytes > 0) this.#node.world.probe(`${this.#node.name}.half a message`);
    if (damage !== undefined) this.#refuse(id, damage);
    for (const message of messages.reverse())
      this.#node.main.again(() => this.#handle({ kind: 'message', connection: id, message }));
  }

  #refuse(id: number, damage: string): void {
    this.#node.world.did('damaged message refused');
    this.#node.main.again(() => {
      this.disconnect(id, damage);
      this.#handle({ kind: 'closed', connection: id, reason: damage });
    });
  }
}
