/** Compares a chunk's answers with the committed ones, and says in words which cases differ. */
import { type Batch, type BatchAnswer, caseWords } from './batch.ts';
import { type Deviation, type Difference, deviations } from './deviations.ts';

const hex = (value: bigint | undefined): string => (value === undefined ? 'nothing' : value.toString(16));

export interface Comparison {
  readonly cases: number;
  /** Cases in which a deviation entry applied. */
  readonly masked: number;
  readonly differing: number;
  /** One line for each of the first differing cases. */
  readonly lines: readonly string[];
  /** Why of each deviation that applied. */
  readonly reasons: ReadonlySet<string>;
}

/** Answers are columns by batch in the same order. The first `linesMax` differences of a batch are put into words. */
export function compareAnswers(
  chunk: string,
  batches: readonly Batch[],
  expected: readonly BatchAnswer[],
  found: readonly BatchAnswer[],
  linesMax = 5,
): Comparison {
  let cases = 0;
  let masked = 0;
  let differing = 0;
  const lines: string[] = [];
  const reasons = new Set<string>();
  for (const [b, one] of batches.entries()) {
    const known = deviations.filter((deviation) => deviation.chunk.test(chunk) && deviation.batch.test(one.name));
    let here = 0;
    for (const [row, tuple] of one.tuples.entries()) {
      cases++;
      const differences: string[] = [];
      const other = (name: string): bigint => {
        const index = one.outputs.findIndex((place) => place.name === name);
        return found[b]?.columns[index]?.[row] ?? 0n;
      };
      for (const [k, { name }] of one.outputs.entries()) {
        const want = expected[b]?.columns[k]?.[row];
        const got = found[b]?.columns[k]?.[row];
        if (want === got) continue;
        const why =
          want === undefined || got === undefined
            ? undefined
            : coveredBy(known, one, tuple, { output: name, expected: want, found: got, other });
        if (why !== undefined) {
          masked++;
          reasons.add(why);
        } else differences.push(`${name} ${hex(got)}, expected ${hex(want)}`);
      }
      if (differences.length === 0) continue;
      differing++;
      if (here++ < linesMax) lines.push(`${chunk} / ${one.name} / ${caseWords(one, row)}: ${differences.join('; ')}`);
    }
    if (here > linesMax) lines.push(`${chunk} / ${one.name}: ${here} cases differ`);
  }
  return { cases, masked, differing, lines, reasons };
}

/** Why of the first deviation that covers the difference. */
function coveredBy(
  known: readonly Deviation[],
  one: Batch,
  tuple: readonly bigint[],
  difference: Omit<Difference, 'input'>,
): string | undefined {
  const input = (name: string): bigint => {
    const index = one.inputs.findIndex((place) => place.name === name);
    return BigInt.asUintN(64, tuple[index] ?? 0n);
  };
  return known.find((deviation) => deviation.covers({ ...difference, input }))?.why;
}
