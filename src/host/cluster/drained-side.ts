/**
 * One side of a pair leaves a host that is emptied.
 *
 *     backup    another host can take it ──> ended by the host's agent ──> its pair has another one elsewhere
 *     primary   protected, backup elsewhere, a third host for the next one
 *                 ──> planned switch by the host's agent ──> what it leaves is ended ──> the next backup is there
 *
 * Invariant: nothing is asked of a side that its pair could not replace.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../ft/cluster/cluster.ts';
import { place, refusalText } from '../../ft/cluster/placement.ts';
import type { PairReport } from '../../ft/cluster/records.ts';
import { type ClusterView, NODE_BYTES } from '../../ft/cluster/view.ts';
import { parseEndpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { reasonOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';
import type { AgentAnswer, AgentRequest } from './agent-messages.ts';

/** Where it is now, or why it stays. */
export type Gone = { readonly to: string } | { readonly reason: string };

const LOOK_MS = 250;
/** The agent waits for nodes itself. */
const LEAVE_MS = 20_000;
const HAND_OVER_MS = 70_000;
/** Between two attempts at a switch that was called off. */
const AGAIN_MS = 1000;
/** What has not moved by then has not moved. */
const MOVED_MS = 60_000;

export class DrainedSide {
  readonly #cluster: Cluster;
  readonly #host: string;
  readonly #pair: string;
  readonly #key: PairKey | undefined;

  /** `host`: by its whole name. */
  constructor(cluster: Cluster, host: string, pair: string, key: PairKey | undefined) {
    this.#cluster = cluster;
    this.#host = host;
    this.#pair = pair;
    this.#key = key;
  }

  /** The backup, or a place of the pair. */
  async leave(): Promise<Gone> {
    try {
      const view = await this.#cluster.view();
      const report = this.#reportIn(view);
      if (report === undefined) return UNHEARD;
      const refused = this.#noOther(view, report, report.primary);
      if (refused !== undefined) return { reason: `no other host can take it: ${refused}` };
      const answer = await this.#ask(view, { kind: 'leave', pair: this.#pair }, LEAVE_MS);
      if (answer.kind === 'refused') return { reason: answer.reason };
      const backup = await this.#backupElsewhere();
      return backup === undefined ? { reason: 'no new backup was made in time' } : { to: backup };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  }

  /** The guest, which lives there. */
  async handOver(): Promise<Gone> {
    try {
      const reason = await this.#switched();
      if (reason !== undefined) return { reason };
      const to = await this.#until((report) => (report.primary === this.#host ? undefined : report.primary));
      if (to === undefined) return { reason: 'nobody says that the guest lives elsewhere' };
      const rest = await this.#ask(await this.#cluster.view(), { kind: 'leave', pair: this.#pair }, LEAVE_MS);
      if (rest.kind === 'refused')
        return { reason: `its guest lives on ${to} now, its old side stays: ${rest.reason}` };
      const backup = await this.#backupElsewhere();
      return backup === undefined ? { reason: `its guest lives on ${to} now, without a new backup` } : { to };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  }

  /** The planned switch is done; why not. A backup that is being made is waited for. */
  async #switched(): Promise<string | undefined> {
    const from = performance.now();
    let reason = 'it has no backup';
    for (; performance.now() - from < MOVED_MS; await sleep(AGAIN_MS)) {
      const view = await this.#cluster.view();
      const report = this.#reportIn(view);
      if (report === undefined) return UNHEARD.reason;
      if (report.primary !== this.#host) return undefined;
      const { backup, state } = report;
      if (backup === this.#host) return 'its backup is on this host too';
      const refused = this.#noOther(view, report, backup ?? report.primary);
      if (refused !== undefined) {
        const whose = backup === undefined ? 'it has no backup, and no other host' : 'no third host';
        return `${whose} can take one: ${refused}`;
      }
      if (backup === undefined) reason = `it is not protected, but ${state}`;
      else {
        const answer = await this.#ask(view, { kind: 'handOver', pair: this.#pair }, HAND_OVER_MS);
        if (answer.kind === 'done') return undefined;
        if (answer.kind === 'refused') ({ reason } = answer);
      }
    }
    return reason;
  }

  /** Why no other host can take a backup of the guest when it lives on `primary`; or nothing. */
  #noOther({ hosts }: ClusterView, { name, memoryBytes }: PairReport, primary: string): string | undefined {
    const version = hosts.find((each) => each.name === primary)?.report?.version;
    if (version === undefined) return `the agent of ${primary} is not heard`;
    const others = hosts.filter((each) => each.name !== this.#host);
    const request = { pair: name, from: primary, bytes: memoryBytes + NODE_BYTES, version, failed: new Set<string>() };
    const { hosts: fit, refused } = place(others, request);
    return fit.length > 0 ? undefined : refusalText(refused);
  }

  #backupElsewhere(): Promise<string | undefined> {
    return this.#until(({ backup }) => (backup === this.#host ? undefined : backup));
  }

  /** What `find` finds in what the pair says; undefined when it does not in time. */
  async #until(find: (report: PairReport) => string | undefined): Promise<string | undefined> {
    const from = performance.now();
    while (performance.now() - from < MOVED_MS) {
      const report = this.#reportIn(await this.#cluster.view());
      const found = report === undefined ? undefined : find(report);
      if (found !== undefined) return found;
      await sleep(LOOK_MS);
    }
    return undefined;
  }

  #reportIn({ pairs }: ClusterView): PairReport | undefined {
    return pairs.find(({ name }) => name === this.#pair);
  }

  async #ask({ hosts }: ClusterView, request: AgentRequest, limitMs: number): Promise<AgentAnswer> {
    const agent = hosts.find(({ name }) => name === this.#host)?.report?.agent;
    if (agent === undefined) return { kind: 'refused', reason: 'the agent of the host is not heard' };
    return askAgent(parseEndpoint('agent', agent), this.#key, request, limitMs);
  }
}

const UNHEARD = { reason: 'nobody says where its guest lives' } as const;
