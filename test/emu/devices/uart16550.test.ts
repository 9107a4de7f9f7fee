import { expect, test } from 'vitest';
import { Uart16550, type UartState } from '../../../src/emu/devices/uart16550.ts';

const [RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7];
const ascii = (text: string) => new TextEncoder().encode(text);

function uart() {
  const sent: number[] = [];
  const line = { level: false };
  const ports = {
    interrupt: (level: boolean) => {
      line.level = level;
    },
    transmit: (byte: number) => {
      sent.push(byte);
    },
  };
  const device = new Uart16550(ports);
  const read = (offset: number) => device.read(offset);
  const write = (offset: number, value: number) => device.write(offset, 1, value);
  return { device, sent, line, read, write, ports };
}

test('bytes written leave in order and the transmitter is empty again at once', () => {
  const { sent, read, write } = uart();
  for (const byte of ascii('hi')) write(RBR!, byte);
  expect(sent).toEqual([0x68, 0x69]);
  expect(read(LSR!) & 0x60).toBe(0x60);
});

test('the divisor latch hides data and interrupt enable registers', () => {
  const { sent, read, write } = uart();
  write(LCR!, 0x83);
  write(RBR!, 0x01);
  write(IER!, 0x02);
  expect([read(RBR!), read(IER!)]).toEqual([1, 2]);
  write(LCR!, 0x03);
  expect(read(IER!)).toBe(0);
  expect(sent).toEqual([]);
});

test('received bytes interrupt at the trigger level, and below it by timeout', () => {
  const { device, line, read, write } = uart();
  write(2, 0x81);
  write(IER!, 0x01);
  device.receive(ascii('1234567'));
  expect([line.level, read(IIR!)]).toEqual([true, 0xcc]);
  device.receive(ascii('8'));
  expect(read(IIR!)).toBe(0xc4);
  expect(read(RBR!)).toBe(0x31);
  expect(read(IIR!)).toBe(0xcc);
  for (let i = 0; i < 7; i++) read(RBR!);
  expect([line.level, read(IIR!), read(LSR!) & 1]).toEqual([false, 0xc1, 0]);
});

test('bytes beyond the FIFO wait and none is lost', () => {
  const { device, read, write } = uart();
  write(2, 0x01);
  const text = 'x'.repeat(10) + 'y'.repeat(90);
  device.receive(ascii(text));
  expect(device.save().receiveFifo).toHaveLength(16);
  let got = '';
  while (read(LSR!) & 1) got += String.fromCharCode(read(RBR!));
  expect(got).toBe(text);
});

test('clearing the receive FIFO discards its bytes but not those on their way', () => {
  const { device, read, write } = uart();
  write(2, 0x01);
  device.receive(ascii('0123456789abcdefREST'));
  write(2, 0x03);
  expect(String.fromCharCode(read(RBR!))).toBe('R');
});

test('the host is refused more than the room there is', () => {
  const { device } = uart();
  device.receive(new Uint8Array(4000));
  expect(() => device.receive(new Uint8Array(device.room + 1))).toThrow(RangeError);
  device.receive(new Uint8Array(device.room));
  expect(device.room).toBe(0);
});

test('the transmitter interrupt rises when enabled, falls when identified or disabled, rises on the next byte', () => {
  const { line, read, write } = uart();
  expect(line.level).toBe(false);
  write(IER!, 0x02);
  expect(line.level).toBe(true);
  expect([read(IIR!), line.level, read(IIR!)]).toEqual([0x02, false, 0x01]);
  write(RBR!, 0x41);
  expect(line.level).toBe(true);
  write(IER!, 0x00);
  expect(line.level).toBe(false);
  write(IER!, 0x02);
  expect(line.level).toBe(true);
});

test('reading IIR does not clear the transmitter interrupt behind a received byte', () => {
  const { device, read, write } = uart();
  write(2, 0x01);
  write(IER!, 0x03);
  device.receive(ascii('a'));
  expect(read(IIR!)).toBe(0xc4);
  read(RBR!);
  expect(read(IIR!)).toBe(0xc2);
});

test('loopback: data comes back, modem lines follow the outputs, nothing leaves or enters', () => {
  const { device, sent, read, write } = uart();
  write(2, 0x01);
  write(MCR!, 0x1a);
  expect(read(MSR!) & 0xf0).toBe(0x90);
  device.receive(ascii('h'));
  write(RBR!, 0x55);
  expect([read(LSR!) & 1, read(RBR!), read(LSR!) & 1]).toEqual([1, 0x55, 0]);
  for (let i = 0; i < 17; i++) write(RBR!, i);
  expect([read(LSR!) & 2, read(LSR!) & 2]).toEqual([2, 0]);
  expect(sent).toEqual([]);
  write(2, 0x03);
  write(MCR!, 0x0b);
  expect(read(RBR!)).toBe(0x68);
  expect(read(MSR!) & 0xf0).toBe(0xb0);
});

test('modem line changes are reported once', () => {
  const { line, read, write } = uart();
  write(IER!, 0x08);
  write(MCR!, 0x10);
  expect([line.level, read(IIR!)]).toEqual([true, 0x00]);
  expect(read(MSR!) & 0x0f).toBe(0x0b);
  expect([line.level, read(MSR!) & 0x0f]).toEqual([false, 0]);
});

test('FIFO enable shows in IIR, and changing it empties the FIFOs', () => {
  const { device, read, write } = uart();
  device.receive(ascii('a'));
  write(2, 0x01);
  expect([read(IIR!), read(LSR!) & 1]).toEqual([0xc1, 0]);
  write(SCR!, 0xa5);
  expect(read(SCR!)).toBe(0xa5);
});

test('state survives save and restore', () => {
  const a = uart();
  a.write(2, 0x41);
  a.write(IER!, 0x0f);
  a.write(MCR!, 0x0b);
  a.device.receive(ascii('forty-two bytes that do not fit the FIFO all'));
  const state = structuredClone(a.device.save()) as UartState;
  const b = uart();
  b.device.restore(state);
  expect(b.device.save()).toEqual(state);
  const drain = ({ read }: ReturnType<typeof uart>) =>
    Array.from({ length: 60 }, () => [read(IIR!), read(LSR!), read(RBR!)]);
  expect(drain(b)).toEqual(drain(a));
});
