/** A debug adapter as a process, and Microsoft's own client on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProtocolClient } from '@vscode/debugadapter-testsupport/lib/protocolClient.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { folder, root } from '../../cli/cli.ts';

export type Stopped = DebugProtocol.StoppedEvent['body'];

class Wire extends ProtocolClient {
  open(child: ChildProcess): void {
    this.connect(child.stdout!, child.stdin!);
  }
}

export class Client {
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
  readonly #client = new Wire();
  readonly #events: DebugProtocol.Event[] = [];
  readonly #heard: (() => void)[] = [];
  #stderr = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [join(root, 'bin/dev.js'), 'dap', ...args], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1' },
      stdio: 'pipe',
    });
    this.ended = once(this.child, 'close');
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#client.open(this.child);
    for (const name of ['initialized', 'stopped', 'continued', 'output', 'terminated']) {
      this.#client.on(name, (event: DebugProtocol.Event) => {
        this.#events.push(event);
        for (const hear of this.#heard.splice(0)) hear();
      });
    }
  }

  get stderr(): string {
    return this.#stderr;
  }
  get output(): string {
    return this.#events.flatMap((e) => (e.event === 'output' ? [e.body.output as string] : [])).join('');
  }

  /** The body of the answer; rejects with its message where it is an error. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are as many as requests, and the test says which it means
  async ask(command: string, args?: object): Promise<any> {
    return (await this.#client.send(command, args)).body;
  }

  /** The next event of this name that has not been taken yet. */
  async event(name: string): Promise<DebugProtocol.Event> {
    for (;;) {
      const at = this.#events.findIndex(({ event }) => event === name);
      if (at >= 0) return this.#events.splice(at, 1)[0]!;
      await Promise.race([new Promise<void>((resolve) => this.#heard.push(resolve)), this.#gone()]);
    }
  }
  async stopped(): Promise<Stopped> {
    return (await this.event('stopped')).body;
  }

  /** A request that makes the guest go on, and the stop that follows. */
  async go(command: string, args: object = {}): Promise<Stopped> {
    await this.ask(command, { threadId: 1, ...args });
    return await this.stopped();
  }

  /** Up to the first stop. */
  async launch(args: object): Promise<Stopped> {
    await this.ask('initialize', { adapterID: 'lockstep', clientID: 'test', linesStartAt1: true, pathFormat: 'path' });
    await this.ask('launch', args);
    await this.event('initialized');
    await this.ask('configurationDone');
    return await this.stopped();
  }

  async top(): Promise<DebugProtocol.StackFrame> {
    return (await this.ask('stackTrace', { threadId: 1 })).stackFrames[0];
  }
  async console(expression: string): Promise<string> {
    return (await this.ask('evaluate', { expression, context: 'repl' })).result;
  }
  async tick(): Promise<bigint> {
    return BigInt(/(\d+)\s*$/.exec(await this.console('monitor when-ticks'))![1]!);
  }

  async #gone(): Promise<never> {
    await this.ended;
    throw new Error(`the adapter has ended: ${this.#stderr}`);
  }
}

/** Processes whose parent this is, by /proc. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'latin1')
            .replace(/^.*\) \S /s, '')
            .split(' ')[0] === String(pid)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
