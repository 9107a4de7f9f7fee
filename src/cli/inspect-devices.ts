/** The state of devices as indented lines: one for each field, nothing for what is empty. */

import chalk from 'chalk';
import type { DeviceState } from '../debug/inspect/devices.ts';
import type { Plain } from '../emu/devices/device.ts';

const BYTES_SHOWN = 32;
const LABEL_WIDTH = 30;

export function deviceRows(devices: readonly DeviceState[]): string[] {
  return devices.flatMap(({ name, type, state }) => [
    `  ${chalk.cyan(name)} ${type}`,
    ...Object.entries(state).flatMap(([field, value]) => fieldRows(words(field), value)),
  ]);
}

/** None for what is empty, 0 or no. */
function fieldRows(field: string, value: Plain): string[] {
  const label = `    ${field}`.padEnd(LABEL_WIDTH);
  if (isList(value) && value.some((item) => typeof item === 'object')) {
    return value.map((item) => `${label} ${inline(item)}`);
  }
  const text = inline(value);
  return ['', '0', 'no'].includes(text) ? [] : [`${label} ${text}`];
}

function inline(value: Plain): string {
  if (value === null) return '';
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (isList(value)) return value.map(inline).join(', ');
  if (isNested(value)) {
    const parts = Object.entries(value).map(([name, item]) => [words(name), inline(item)] as const);
    const said = parts.filter(([, text]) => text !== '' && text !== '0');
    return said.map(([name, text]) => `${name} ${text}`).join('; ');
  }
  return String(value);
}

function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const shown = bytes.subarray(0, BYTES_SHOWN);
  const more = bytes.length > BYTES_SHOWN ? `… (${bytes.length} bytes)` : '';
  const printable = shown.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13);
  const copy = Buffer.from(shown);
  return `${printable ? JSON.stringify(copy.toString('latin1')) : copy.toString('hex')}${more}`;
}

/** `interruptPending` -> `interrupt pending` */
const words = (name: string): string =>
  name.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
const isNested = (value: Plain): value is { readonly [key: string]: Plain } =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
