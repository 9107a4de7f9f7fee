/** What the adapter offers, as `initialize` tells the client. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StopEvent } from '../timeline/stops.ts';

/** Events of the machine that a client may ask to stop at, as it would at exceptions. */
export const EVENT_FILTERS: readonly { readonly filter: StopEvent; readonly label: string }[] = [
  { filter: 'input', label: 'Inputs: console, packets, disk' },
  { filter: 'interrupt', label: 'Interrupts' },
  { filter: 'exception', label: 'Exceptions' },
  { filter: 'syscall', label: 'System calls' },
];

export const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  supportsStepBack: true,
  supportsSteppingGranularity: true,
  supportsInstructionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsReadMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsExceptionInfoRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsTerminateRequest: true,
  supportsClipboardContext: true,
  exceptionBreakpointFilters: EVENT_FILTERS.map((filter) => ({ ...filter, default: false })),
};
