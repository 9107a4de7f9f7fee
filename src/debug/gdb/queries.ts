/**
 * General queries: what the server can do, the threads, and documents read in pieces. gdb manual, "General Query
 * Packets". What the guest is asked is in guest-packets.ts.
 *
 * There is no memory map: gdb would take it for all there is, and here addresses are virtual.
 */

import { hexOfText, parseHexNumber } from './hex.ts';
import { PACKET_BYTES_MAX } from './packet-reader.ts';
import { hartOf } from './resume.ts';
import { threadOf } from './stop-reply.ts';

export interface QueryFacts {
  readonly harts: number;
  readonly description: string;
  /** Path of the file that gdb may take symbols from. */
  readonly execFile: string | undefined;
  /** What to tell of a hart. */
  hartText(hart: number): string;
}

const FEATURES = [
  `PacketSize=${PACKET_BYTES_MAX.toString(16)}`,
  'QStartNoAckMode+',
  'ReverseStep+',
  'ReverseContinue+',
  'swbreak+',
  'hwbreak+',
  'vContSupported+',
  'qXfer:features:read+',
  'qXfer:threads:read+',
  'binary-upload+',
  'error-message+',
];

/** Undefined: not known, which gdb takes for not supported. */
export function answerQuery(text: string, facts: QueryFacts): string | undefined {
  if (/^qSupported(:|$)/.test(text)) return supported(facts);
  if (text === 'qAttached' || text.startsWith('qAttached:')) return '1';
  if (text === 'qfThreadInfo') return `m${hartList(facts).map(threadOf).join(',')}`;
  if (text === 'qsThreadInfo') return 'l';
  if (text.startsWith('qThreadExtraInfo,')) return extraInfo(text.slice('qThreadExtraInfo,'.length), facts);
  if (/^qSymbol:/.test(text)) return 'OK';
  if (text.startsWith('qXfer:')) return transfer(text, facts);
  return undefined;
}

const hartList = ({ harts }: QueryFacts): number[] => Array.from({ length: harts }, (_, hart) => hart);

function supported({ execFile }: QueryFacts): string {
  return [...FEATURES, ...(execFile === undefined ? [] : ['qXfer:exec-file:read+'])].join(';');
}

function extraInfo(thread: string, facts: QueryFacts): string {
  const hart = hartOf(thread, facts.harts);
  return hart === undefined ? 'E.no such thread' : hexOfText(facts.hartText(hart));
}

/** `qXfer:object:read:annex:offset,length`. */
function transfer(text: string, facts: QueryFacts): string | undefined {
  const [, object, verb, annex = '', range = ''] = text.split(':');
  const document = verb === 'read' ? documentOf(object ?? '', annex, facts) : undefined;
  if (document === undefined) return object === 'features' ? 'E00' : undefined;
  const [from, length] = range.split(',').map(parseHexNumber);
  if (from === undefined || length === undefined) return 'E.bad range';
  const part = document.slice(from, from + length);
  return `${from + length >= document.length ? 'l' : 'm'}${part}`;
}

/** ASCII. */
function documentOf(object: string, annex: string, facts: QueryFacts): string | undefined {
  if (object === 'features' && annex === 'target.xml') return facts.description;
  if (object === 'exec-file') return facts.execFile;
  return object === 'threads' ? threadsDocument(facts) : undefined;
}

function threadsDocument(facts: QueryFacts): string {
  const threads = hartList(facts).map(
    (hart) => `<thread id="${threadOf(hart)}" core="${hart}" name="hart ${hart}">${facts.hartText(hart)}</thread>\n`,
  );
  return `<?xml version="1.0"?>\n<threads>\n${threads.join('')}</threads>\n`;
}
