/** What every load has: several clients who ask one thing after another until they are told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type History, nowMs, type Operation } from '../history.ts';
import { Random } from '../random.ts';
import type { Datagrams } from './datagrams.ts';

export interface LoadOptions {
  readonly address: string;
  readonly seed: number;
  /** How many ask at the same time. */
  readonly clients: number;
  /** Nobody asks any more. */
  readonly stop: AbortSignal;
  /** The guest has answered for the first time. */
  serving(): void;
}

export type Load = (options: LoadOptions) => Promise<History>;

export type Asked = Omit<Operation, 'start' | 'end' | 'answer'>;
type Record = { -readonly [field in keyof Operation]: Operation[field] };

const THINK_MS = { low: 1, high: 6 };
/** By then the guest serves, or the load has failed. */
const SERVING_MS = 10 * 60_000;
const BETWEEN_TRIALS_MS = 50;

/** Each client's turn is one question, with a short pause after it. */
export async function inTurns(
  options: LoadOptions,
  turn: (who: string, random: Random, count: number) => Promise<void>,
): Promise<void> {
  const { clients, seed, stop } = options;
  const client = async (number: number): Promise<void> => {
    const random = new Random(seed * 64 + number);
    for (let count = 0; !stop.aborted; count++) {
      await turn(`c${number}`, random, count);
      await sleep(random.between(THINK_MS.low, THINK_MS.high));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
}

/** Operations over UDP. What is not answered in time is waited for no longer; a late answer is still taken. */
export class Asker {
  readonly operations: Operation[] = [];
  readonly #datagrams: Datagrams;
  readonly #timeoutMs: number;

  constructor(datagrams: Datagrams, timeoutMs: number) {
    this.#datagrams = datagrams;
    this.#timeoutMs = timeoutMs;
  }

  /** `answerOf`: what an answer on the wire means; undefined when it means nothing, which is a fault. */
  ask(asked: Asked, question: string, answerOf: (wire: string) => string | undefined): Promise<string | undefined> {
    const record: Record = { ...asked, start: nowMs() };
    this.operations.push(record);
    return new Promise((done) => {
      const timer = setTimeout(() => done(undefined), this.#timeoutMs);
      this.#datagrams.ask(question, (wire, atMs) => {
        const answer = answerOf(wire);
        if (answer === undefined) this.#datagrams.faults.push(`"${question}" was answered "${wire}"`);
        else {
          record.end = atMs;
          record.answer = answer;
        }
        clearTimeout(timer);
        done(answer);
      });
    });
  }

  /** Asks until there is an answer. */
  async certainly(asked: Asked, question: string, answerOf: (wire: string) => string | undefined): Promise<string> {
    for (const until = nowMs() + SERVING_MS; nowMs() < until; await sleep(BETWEEN_TRIALS_MS)) {
      const answer = await this.ask(asked, question, answerOf);
      if (answer !== undefined) return answer;
    }
    throw new Error(`nobody answers "${question}"`);
  }
}
