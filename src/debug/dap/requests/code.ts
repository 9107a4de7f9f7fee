/** Requests for memory and for code as instructions. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../../lib/errors.ts';
import type { CodeLine } from '../../guest/code.ts';
import type { Fields } from '../fields.ts';
import type { Handler } from '../handler.ts';
import { hex } from '../machine-view.ts';
import type { Session } from '../session.ts';

const READ_MAX = 1 << 20;
const INSTRUCTIONS_MAX = 10_000;
/** Of an instruction that is not there. */
const STEP = 2n;
const HART = 0;
const wrapped = (address: bigint): bigint => BigInt.asUintN(64, address);

export const codeRequests: Readonly<Record<string, Handler>> = {
  readMemory: (session, args) => {
    session.standing();
    const address = wrapped(args.address('memoryReference') + BigInt(args.optionalNumber('offset') ?? 0));
    const count = Math.min(args.count('count', 0), READ_MAX);
    const bytes = session.view.memory(HART, address, count);
    const missing = count - bytes.length;
    return {
      address: hex(address),
      ...(missing > 0 ? { unreadableBytes: missing } : {}),
      ...(bytes.length > 0 ? { data: base64(bytes) } : {}),
    };
  },
  disassemble: (session, args) => {
    session.standing();
    return { instructions: disassembly(session, args) };
  },
  source: (session, args) => {
    const reference = args.object('source').optionalNumber('sourceReference') ?? args.number('sourceReference');
    const source = session.code.byReference(reference);
    if (source === undefined) throw new UserError('no-source', `there is no source ${reference}`, '');
    return { content: source.text, mimeType: 'text/x-asm' };
  },
};

/** As many as asked for: what cannot be read is told as such. */
function disassembly(session: Session, args: Fields): readonly DebugProtocol.DisassembledInstruction[] {
  const start = wrapped(args.address('memoryReference') + BigInt(args.optionalNumber('offset') ?? 0));
  const skipped = args.optionalNumber('instructionOffset') ?? 0;
  const wanted = Math.min(args.count('instructionCount', 0), INSTRUCTIONS_MAX);
  const before = Math.min(Math.max(0, -skipped), INSTRUCTIONS_MAX);
  const known = before === 0 ? [] : session.view.codeBefore(HART, start, before).map(instructionOf);
  const first = known[0] === undefined ? start : BigInt(known[0].address);
  const padding = Array.from({ length: before - known.length }, (_, i) =>
    missing(wrapped(first - STEP * BigInt(before - known.length - i))),
  );
  const ahead = Math.min(Math.max(0, skipped), INSTRUCTIONS_MAX);
  const after: DebugProtocol.DisassembledInstruction[] = [];
  for (let at = start; after.length < ahead + wanted; ) {
    const line = session.view.codeAt(HART, at);
    after.push(instructionOf(line));
    at = wrapped(at + BigInt(line.length));
  }
  return [...padding, ...known, ...after].slice(ahead, ahead + wanted);
}

function instructionOf({ address, bits, length, text, place }: CodeLine): DebugProtocol.DisassembledInstruction {
  if (bits === undefined) return missing(address);
  const bytes = Array.from({ length }, (_, i) => ((bits >>> (8 * i)) & 0xff).toString(16).padStart(2, '0')).join(' ');
  return {
    address: hex(address),
    instructionBytes: bytes,
    instruction: text,
    ...(place === undefined ? {} : { symbol: place }),
  };
}

const missing = (address: bigint): DebugProtocol.DisassembledInstruction => ({
  address: hex(address),
  instruction: 'not mapped to memory',
  presentationHint: 'invalid',
});

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
