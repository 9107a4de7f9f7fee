/**
 * How a BigInt body is left early: thrown by `raise` and `ret`, caught by the step and by the procedure call.
 * Plain objects, not Errors: they carry no stack and never reach a caller of the engine.
 */

/** An exception was raised; the trap entry has been done. A procedure that is called by itself lets it out. */
export class Trapped {
  readonly cause: bigint;
  readonly tval: bigint;

  constructor(cause: bigint, tval: bigint) {
    this.cause = cause;
    this.tval = tval;
  }
}

/** The procedure being run ends with this value. */
export class Returned {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}
