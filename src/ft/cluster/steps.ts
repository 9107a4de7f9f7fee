/**
 * What is asked of a registry, one call after the other, without its input and output: whoever walks the steps carries
 * each call out and gives its answer back, or throws into them what it failed with.
 */

import { PREFIX } from './records.ts';
import type { LeasedText, Registry, RegistryRecord, SwapResult } from './registry.ts';

export type RegistryCall =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'swap'; readonly key: string; readonly revision: number; readonly text: string }
  /** Everything about hosts and pairs. */
  | { readonly kind: 'look' };

/** What a 'look' gives: not of one moment. */
export interface ClusterTexts {
  readonly hosts: readonly LeasedText[];
  readonly ledgers: readonly RegistryRecord[];
  readonly pairs: readonly LeasedText[];
}

/** Answers come as the functions below take them. */
export type Steps<T, Call = RegistryCall> = Generator<Call, T, unknown>;

export function* read(key: string): Steps<RegistryRecord | undefined> {
  return (yield { kind: 'read', key }) as RegistryRecord | undefined;
}

export function* swap(key: string, revision: number, text: string): Steps<SwapResult> {
  return (yield { kind: 'swap', key, revision, text }) as SwapResult;
}

export function* look(): Steps<ClusterTexts> {
  return (yield { kind: 'look' }) as ClusterTexts;
}

export async function walked<T, Call>(steps: Steps<T, Call>, carryOut: (call: Call) => Promise<unknown>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let answer: unknown;
    try {
      answer = await carryOut(step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answer);
  }
  return step.value;
}

export async function callRegistry(registry: Registry, call: RegistryCall): Promise<unknown> {
  switch (call.kind) {
    case 'read':
      return registry.read(call.key);
    case 'swap':
      return registry.swap(call.key, call.revision, call.text);
    case 'look': {
      const [hosts, ledgers, pairs] = await Promise.all([
        registry.leases(PREFIX.hosts),
        registry.list(PREFIX.ledgers),
        registry.leases(PREFIX.pairs),
      ]);
      return { hosts, ledgers, pairs } satisfies ClusterTexts;
    }
  }
}
