/** Reads a flattened device tree back, for tests: every path/property with its bytes. */
export interface ReadTree {
  readonly properties: ReadonlyMap<string, Uint8Array>;
  readonly nodes: readonly string[];
}

export function readFdt(blob: Uint8Array): ReadTree {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const [magic, total, structAt, stringsAt] = [0, 4, 8, 12].map((at) => view.getUint32(at));
  if (magic !== 0xd00dfeed || total !== blob.length) throw new Error('no device tree');
  const text = (at: number) => new TextDecoder().decode(blob.subarray(at, blob.indexOf(0, at)));
  const properties = new Map<string, Uint8Array>();
  const nodes: string[] = [];
  const path: string[] = [];
  for (let at = structAt!; ; ) {
    const token = view.getUint32(at);
    at += 4;
    if (token === 1) {
      const name = text(at);
      path.push(name);
      nodes.push(path.join('/'));
      at += Math.ceil((name.length + 1) / 4) * 4;
    } else if (token === 2) {
      path.pop();
    } else if (token === 3) {
      const length = view.getUint32(at);
      const name = text(stringsAt! + view.getUint32(at + 4));
      properties.set(`${path.join('/')}/${name}`, blob.slice(at + 8, at + 8 + length));
      at += 8 + Math.ceil(length / 4) * 4;
    } else if (token === 9) {
      return { properties, nodes };
    } else throw new Error(`token ${token}`);
  }
}

export const cellsOf = (bytes: Uint8Array | undefined): number[] =>
  bytes === undefined
    ? []
    : Array.from({ length: bytes.length / 4 }, (_, i) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * i));
export const stringsOf = (bytes: Uint8Array | undefined): string[] =>
  new TextDecoder().decode(bytes).split('\0').slice(0, -1);
