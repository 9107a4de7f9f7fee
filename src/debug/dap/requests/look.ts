/** Requests that look at the guest: threads, frames, values, expressions. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../../lib/errors.ts';
import { privilegeName } from '../../inspect/csr-fields.ts';
import type { Frame, Shown } from '../debugger.ts';
import type { Fields } from '../fields.ts';
import type { Handler } from '../handler.ts';
import { hex } from '../machine-view.ts';
import { MiError } from '../mi/session.ts';
import type { FrameAt, Session } from '../session.ts';
import { threadOf } from './threads.ts';

const FRAMES = 50;

export const lookRequests: Readonly<Record<string, Handler>> = {
  threads: (session) => {
    const threads = Array.from({ length: session.threads }, (_, hart) => {
      const mode = session.running ? '' : ` (${privilegeName(session.view.register(hart, 'priv'))}-mode)`;
      return { id: hart + 1, name: `hart ${hart}${mode}` };
    });
    return { threads };
  },
  stackTrace: async (session, args) => {
    session.standing();
    const thread = threadOf(session, args);
    const from = args.count('startFrame', 0);
    const frames = await session.debugger.frames(thread, from, args.count('levels', 0) || FRAMES);
    return { stackFrames: frames.map((frame, i) => stackFrame(session, frame, { thread, frame: from + i })) };
  },
  scopes: (session, args) => {
    const at = session.frame(args.number('frameId'))!;
    return { scopes: scopesOf(session, at) };
  },
  variables: async (session, args) => {
    session.standing();
    const listed = await session.list(args.number('variablesReference'));
    const start = args.count('start', 0);
    const count = args.count('count', 0) || listed.length;
    return { variables: await Promise.all(listed.slice(start, start + count).map((one) => variableOf(session, one))) };
  },
  evaluate: (session, args) => evaluate(session, args),
  exceptionInfo: (session) => {
    const { reason, text = '' } = session.last;
    if (reason !== 'exception') throw new UserError('no-event', 'it does not stand at an event', '');
    return { exceptionId: text.split(':')[0]!, description: text, breakMode: 'always' };
  },
};

function stackFrame(session: Session, frame: Frame, at: FrameAt): DebugProtocol.StackFrame {
  const { name, address, path, line } = frame;
  const shown = { id: session.frameNumber(at), name, column: 0, instructionPointerReference: hex(address) };
  if (path !== undefined && line !== undefined) {
    return { ...shown, line, source: { name: path.split('/').at(-1)!, path } };
  }
  const code = session.code.at(address, at.thread - 1);
  if (code === undefined) return { ...shown, line: 0 };
  const { source } = code;
  return { ...shown, line: code.line, source: { name: source.name, sourceReference: source.reference } };
}

/** Registers and the machine are those of the moment, so of the innermost frame. */
function scopesOf(session: Session, at: FrameAt): readonly DebugProtocol.Scope[] {
  const { view } = session;
  const hart = at.thread - 1;
  const scope = (name: string, list: () => Promise<readonly Shown[]>, hint?: string): DebugProtocol.Scope => ({
    name,
    variablesReference: session.listNumber(list),
    expensive: hint !== 'locals',
    ...(hint === undefined ? {} : { presentationHint: hint }),
  });
  const locals = scope('Locals', () => session.debugger.locals(at.thread, at.frame), 'locals');
  const ofMoment = [
    scope('Registers', async () => view.registers(hart), 'registers'),
    scope('Floating point', async () => view.floats(hart)),
    { ...scope('Machine', async () => view.machine(hart)), expensive: false },
  ];
  return [...(session.debugger.knowsSource ? [locals] : []), ...(at.frame === 0 ? ofMoment : [])];
}

async function variableOf(session: Session, shown: Shown): Promise<DebugProtocol.Variable> {
  const { name, value, type, memory, children } = shown;
  return {
    name,
    value,
    variablesReference: session.listNumber(children),
    ...(type === undefined ? {} : { type }),
    ...(memory === undefined ? {} : { memoryReference: hex(memory) }),
    ...(children === undefined && shown.expression !== undefined ? { evaluateName: await shown.expression() } : {}),
  };
}

/** In the console a line is a command; one that the debugger does not know is an expression. */
async function evaluate(session: Session, args: Fields): Promise<DebugProtocol.EvaluateResponse['body']> {
  const line = args.text('expression');
  session.standing();
  const at = session.frame(args.optionalNumber('frameId'));
  if (args.optionalText('context') !== 'repl') return resultOf(session, await session.debugger.evaluate(line, at));
  try {
    const said = await session.debugger.command(line);
    return { result: said.replace(/\n$/, ''), variablesReference: 0 };
  } catch (error) {
    if (!(error instanceof MiError) || !/^Undefined command/.test(error.message)) throw error;
    return resultOf(session, await session.debugger.evaluate(line, at));
  }
}

function resultOf(session: Session, shown: Shown): DebugProtocol.EvaluateResponse['body'] {
  const { value, type, memory, children } = shown;
  return {
    result: value,
    variablesReference: session.listNumber(children),
    ...(type === undefined ? {} : { type }),
    ...(memory === undefined ? {} : { memoryReference: hex(memory) }),
  };
}
