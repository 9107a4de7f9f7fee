/** What a recording says of itself at its beginning. */

import { FORMAT_VERSION, type LogHeader } from '../logformat/header.ts';
import { configToCbor } from '../session/machine-config.ts';
import { epochNs } from './clock.ts';
import type { GuestPlan } from './guest-plan.ts';
import { terminalOf } from './guest-ports.ts';
import { toolVersion } from './package-files.ts';
import type { RecordOptions } from './record-options.ts';

/** Small digests about 15 a second, whole ones about one, at a thousand million steps a second. */
export const DIGEST_TICKS: LogHeader['digestTicks'] = { small: 1n << 26n, all: 1n << 30n };

/** The header of a recording that begins now. */
export function headerOf(plan: Pick<GuestPlan, 'config' | 'images'>, options: RecordOptions): LogHeader {
  return {
    version: FORMAT_VERSION,
    tool: toolVersion(),
    createdNs: epochNs(),
    command: options.command ?? [],
    machine: configToCbor(plan.config),
    images: Object.fromEntries(
      Object.entries(plan.images).map(([role, { sha256, size, name }]) => [role, { sha256, size, name }]),
    ),
    digestTicks: options.digestTicks ?? DIGEST_TICKS,
    ...terminalOf(plan.config, options),
  };
}
