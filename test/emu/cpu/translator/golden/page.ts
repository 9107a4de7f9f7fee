/** The loop of a golden region as docs/engine.md shows it: the indented block that begins with it. */

const INDENT = '    ';

/** From `(loop` to its closing parenthesis. */
function loopOf(golden: string): string[] {
  const lines = golden.split('\n');
  const first = lines.findIndex((line) => line.trim() === '(loop');
  if (first < 0) throw new Error('the golden region has no loop');
  const outer = lines[first]!.indexOf('(');
  let depth = 0;
  const last = lines.findIndex((line, i) => {
    if (i >= first) depth += line.split('(').length - line.split(')').length;
    return i >= first && depth <= 0;
  });
  return lines.slice(first, last + 1).map((line) => INDENT + line.slice(outer));
}

/** The page with the loop of this region in place of the one that it shows. */
export function withLoop(page: string, golden: string): string {
  const lines = page.split('\n');
  const first = lines.indexOf(`${INDENT}(loop`);
  if (first < 0) throw new Error('the page shows no loop');
  let end = first;
  while (lines[end]?.startsWith(INDENT)) end++;
  return [...lines.slice(0, first), ...loopOf(golden), ...lines.slice(end)].join('\n');
}
