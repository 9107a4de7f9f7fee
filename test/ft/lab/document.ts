/** Commands out of a document: blocks fenced as `sh HOST`, to be typed there in their order. */
import { readFileSync } from 'node:fs';

export interface Block {
  readonly host: string;
  readonly script: string;
  /** Line of the document, from 1. */
  readonly line: number;
}

/** An error for a block of commands that names no host, or a fence that is not closed. */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly info: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { info: fence[1]!.trim(), line: i + 1, lines: [] };
    else {
      const [language, host] = open.info.split(' ');
      if (language === 'sh') {
        if (host === undefined) throw new Error(`${path}:${open.line}: on which host?`);
        blocks.push({ host, script: open.lines.join('\n'), line: open.line });
      }
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block has no end`);
  return blocks;
}
