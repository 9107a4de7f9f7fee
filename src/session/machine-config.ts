/**
 * The machine's configuration as the log's header carries it, and back. Everything is checked on the way back: a header
 * comes from a file.
 */

import { configFault } from '../emu/machine/config-check.ts';
import type { MachineConfig, VirtioConfig } from '../emu/machine/machine.ts';
import type { CborMap, CborValue } from '../logformat/cbor.ts';
import { asMap, bytes, list, small, text, wide } from '../logformat/cbor-get.ts';
import { FormatError } from '../logformat/errors.ts';

export function configToCbor(config: MachineConfig): CborMap {
  return {
    memory: config.memoryBytes,
    harts: config.harts,
    bootArgs: config.bootArgs,
    clock: config.clock,
    epoch: config.epochNs,
    rngSeed: config.rngSeed,
    builtinFirmware: config.builtinFirmware === true,
    devices: config.devices.map(deviceToCbor),
  };
}

function deviceToCbor(device: VirtioConfig): CborMap {
  switch (device.type) {
    case 'block':
      return { type: 'block', size: device.sizeBytes, readOnly: device.readOnly, serial: device.serial };
    case 'net':
      return { type: 'net', mac: device.mac, mtu: device.mtu };
    default:
      return { type: device.type };
  }
}

/** FormatError when the map is not a machine's configuration, or there is no such machine. */
export function configFromCbor(map: CborMap): MachineConfig {
  const clock = text(map.clock);
  if (clock !== 'host' && clock !== 'ticks' && clock !== 'exact') throw new FormatError(`no clock is called ${clock}`);
  const config: MachineConfig = {
    memoryBytes: small(map.memory),
    harts: small(map.harts),
    bootArgs: text(map.bootArgs),
    clock,
    epochNs: wide(map.epoch),
    rngSeed: bytes(map.rngSeed),
    builtinFirmware: map.builtinFirmware === true,
    devices: list(map.devices).map(deviceFromCbor),
  };
  const fault = configFault(config);
  if (fault !== undefined) throw new FormatError(fault.what);
  return config;
}

function deviceFromCbor(value: CborValue): VirtioConfig {
  const map = asMap(value);
  const type = text(map.type);
  switch (type) {
    case 'block':
      return { type, sizeBytes: small(map.size), readOnly: map.readOnly === true, serial: text(map.serial) };
    case 'net':
      return { type, mac: bytes(map.mac), mtu: small(map.mtu) };
    case 'console':
    case 'entropy':
      return { type };
    default:
      throw new FormatError(`no device is called ${type}`);
  }
}
