/** Requests that set where the guest is to stop. Each replaces what it set before. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../../lib/errors.ts';
import type { StopEvent } from '../../timeline/stops.ts';
import { EVENT_FILTERS } from '../capabilities.ts';
import type { Access, Placed, Wanted, Watched } from '../debugger.ts';
import type { Fields } from '../fields.ts';
import type { Handler } from '../handler.ts';
import { hex } from '../machine-view.ts';
import type { Session } from '../session.ts';

const ACCESS: Readonly<Record<string, Access>> = { write: 'write', read: 'read', readWrite: 'access' };
const ADDRESS_BITS = 64;

export const breakpointRequests: Readonly<Record<string, Handler>> = {
  setBreakpoints: (session, args) => {
    const source = args.object('source');
    const wanted = args.objects('breakpoints').map((one) => ({ ...wantedOf(one), line: one.number('line') }));
    const reference = source.optionalNumber('sourceReference') ?? 0;
    if (reference > 0) return inCode(session, reference, wanted);
    const path = source.text('path');
    return answered(session, () => session.debugger.breakInFile(path, wanted));
  },
  setFunctionBreakpoints: (session, args) => {
    const wanted = args.objects('breakpoints').map((one) => ({ ...wantedOf(one), name: one.text('name') }));
    return answered(session, () => session.debugger.breakAtFunctions(wanted));
  },
  setInstructionBreakpoints: (session, args) => {
    const wanted = args.objects('breakpoints').map((one) => {
      const address = one.address('instructionReference') + BigInt(one.optionalNumber('offset') ?? 0);
      return { ...wantedOf(one), address: BigInt.asUintN(ADDRESS_BITS, address) };
    });
    return answered(session, () => session.debugger.breakAtAddresses('instructions', wanted));
  },
  dataBreakpointInfo: async (session, args) => {
    session.standing();
    try {
      const { address, length } = await located(session, args);
      const types: DebugProtocol.DataBreakpointAccessType[] = ['write', 'read', 'readWrite'];
      const description = `${args.text('name')}: ${length} bytes at ${hex(address)}`;
      return {
        dataId: `${hex(address)},${length},${args.text('name')}`,
        description,
        accessTypes: types,
        canPersist: true,
      };
    } catch (error) {
      // That it cannot be watched is an answer.
      if (error instanceof Error) return { dataId: null, description: error.message };
      throw error;
    }
  },
  setDataBreakpoints: (session, args) => {
    const wanted = args.objects('breakpoints').map((one) => {
      const access = ACCESS[one.optionalText('accessType') ?? 'write'];
      if (access === undefined) throw new UserError('bad-arguments', 'accessType is write, read or readWrite', '');
      return { ...wantedOf(one), ...bytesOf(one.text('dataId')), access };
    });
    return answered(session, () => session.debugger.watch(wanted));
  },
  setExceptionBreakpoints: (session, args) => {
    const asked = [...args.texts('filters'), ...args.objects('filterOptions').map((one) => one.text('filterId'))];
    const known = (name: string): StopEvent | undefined => EVENT_FILTERS.find(({ filter }) => filter === name)?.filter;
    session.view.target.wanted = new Set(asked.flatMap((name) => known(name) ?? []));
    return { breakpoints: asked.map((name) => ({ verified: known(name) !== undefined })) };
  },
};

/** UserError for a number of hits that is none. */
function wantedOf(one: Fields): Wanted {
  const condition = one.optionalText('condition');
  const hitCondition = one.optionalText('hitCondition');
  if (hitCondition !== undefined && !/^\s*[1-9]\d{0,8}\s*$/.test(hitCondition)) {
    throw new UserError('bad-arguments', `${hitCondition} is no number of hits`, 'give one such as 3');
  }
  return {
    ...(condition === undefined || condition.trim() === '' ? {} : { condition }),
    ...(hitCondition === undefined ? {} : { hits: Number(hitCondition) }),
  };
}

/** Lines of code that is shown in place of a source. */
function inCode(
  session: Session,
  reference: number,
  wanted: readonly (Wanted & { readonly line: number })[],
): Promise<object> {
  const source = session.code.byReference(reference);
  if (source === undefined) throw new UserError('no-source', `there is no source ${reference}`, '');
  const addresses = wanted.map(({ line, ...rest }) => {
    const address = source.addresses[line - 1];
    if (address === undefined) throw new UserError('no-line', `${source.name} has no line ${line}`, '');
    return { ...rest, address };
  });
  return answered(session, async () => {
    const placed = await session.debugger.breakAtAddresses(`code ${reference}`, addresses);
    return placed.map((one, i) => (one.id === undefined ? one : { ...one, line: wanted[i]!.line }));
  });
}

async function answered(session: Session, set: () => Promise<readonly Placed[]>): Promise<object> {
  const placed = await session.unseen(set);
  return { breakpoints: placed.map(breakpointOf) };
}

function breakpointOf({ id, address, path, line, message }: Placed): DebugProtocol.Breakpoint {
  return {
    verified: id !== undefined,
    ...(id === undefined ? {} : { id }),
    ...(message === undefined ? {} : { message, reason: 'failed' }),
    ...(address === undefined ? {} : { instructionReference: hex(address) }),
    ...(line === undefined ? {} : { line }),
    ...(path === undefined ? {} : { source: { path, name: path.split('/').at(-1)! } }),
  };
}

async function located(session: Session, args: Fields): Promise<Watched> {
  const name = args.text('name');
  const bytes = args.optionalNumber('bytes');
  if (args.optionalFlag('asAddress') === true) return { address: args.address('name'), length: bytes ?? 8 };
  const reference = args.optionalNumber('variablesReference') ?? 0;
  const listed = reference === 0 ? undefined : (await session.list(reference)).find((one) => one.name === name);
  const expression = listed?.expression === undefined ? name : await listed.expression();
  const at = session.frame(args.optionalNumber('frameId'));
  const found = await session.debugger.locate(expression, at);
  return bytes === undefined ? found : { ...found, length: bytes };
}

/** `0x80001978,8,counter`. */
function bytesOf(dataId: string): Watched {
  const [, address = '', length = '', label] = /^(0x[0-9a-f]{1,16}),(\d{1,7})(?:,(.*))?$/.exec(dataId) ?? [];
  if (address === '') throw new UserError('bad-arguments', `there is no data ${dataId}`, 'see dataBreakpointInfo');
  return { address: BigInt(address), length: Number(length), ...(label === undefined ? {} : { label }) };
}
