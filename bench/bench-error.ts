/**
 * What keeps the bench from running and is not a defect of it: a missing tool, a bad flag. One line for the operator.
 */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
