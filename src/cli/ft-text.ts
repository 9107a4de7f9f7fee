/** What a node of a pair says of itself on standard error. */

import type { PairStatus } from '../ft/protocol/status.ts';
import { endpointText } from '../host/ft/endpoint.ts';
import type { TrialUi } from '../host/ft/pair.ts';
import type { NodeUi } from '../host/ft/pair-options.ts';
import { liveUi, say } from './live.ts';

/** The console is this process's input and output; each change of roles is one line. */
export function nodeUi(json: boolean): NodeUi {
  const { input, output, notice, stop } = liveUi(json);
  return {
    input,
    output,
    notice,
    ...(stop === undefined ? {} : { stop }),
    changed: (status) => {
      const text = changeText(status);
      if (text !== undefined) say(text);
    },
    listening: (endpoint) => say(`waiting for a primary at ${endpointText(endpoint)}`),
  };
}

/** The same for both sides at once. */
export function pairUi(json: boolean): TrialUi {
  const { input, output, notice, stop } = liveUi(json);
  return {
    input,
    output,
    notice,
    ...(stop === undefined ? {} : { stop }),
    started: (primary, backup) => say(`the primary is process ${primary}, the backup is process ${backup}`),
    respawned: (backup) => say(`the new backup is process ${backup}`),
    changed: (role, status, sinceDeathMs) => {
      const text = changeText(status);
      if (text === undefined || status.state === 'following') return;
      const since = sinceDeathMs === undefined ? '' : `; ${sinceDeathMs.toFixed(0)} ms since the other process ended`;
      say(`${role}: ${text}${since}`);
    },
  };
}

/** One line for a change of roles; undefined for a state that is told otherwise. */
export function changeText(status: PairStatus): string | undefined {
  const { pair, epoch, peer } = status;
  switch (status.state) {
    case 'copying':
      return `the guest is copied to ${peer?.who ?? 'its new backup'}`;
    case 'protected':
      return `the pair ${pair} is protected by ${peer?.who ?? 'its backup'}, epoch ${epoch}`;
    case 'following':
      return `following ${peer?.who ?? 'the primary'} of the pair ${pair}, epoch ${epoch}`;
    case 'alone':
      if (status.liveAt === undefined) return `the guest of the pair ${pair} begins alone, epoch ${epoch}`;
      return `going on alone in epoch ${epoch}: ${takeoverText(status)}`;
    case 'live':
      return `the guest is live here, epoch ${epoch}: ${takeoverText(status)}`;
    default:
      return undefined;
  }
}

/** How long it took from the last sign of life, and with what. */
export function takeoverText({ lastHeardAt, suspectedAt, claimedAt, liveAt, handover }: PairStatus): string {
  if (handover !== undefined) {
    const { reason, stoodStillMs = 0 } = handover;
    return `it was handed over (${reason}), and stood still for ${stoodStillMs.toFixed(0)} ms`;
  }
  if (lastHeardAt === undefined || suspectedAt === undefined || claimedAt === undefined || liveAt === undefined) {
    return 'no times are known';
  }
  const ms = (from: number, to: number): string => `${Math.max(0, to - from).toFixed(0)} ms`;
  const parts = [
    `detected in ${ms(lastHeardAt, suspectedAt)}`,
    `claimed in ${ms(suspectedAt, claimedAt)}`,
    `caught up in ${ms(claimedAt, liveAt)}`,
  ];
  return `${ms(lastHeardAt, liveAt)} after the other side was last heard (${parts.join(', ')})`;
}
