/** What the operator is told of who connects without the key: one line for a listener, however often somebody tries. */

/** `how`: with what, when it is not that the key is missing. */
export function strangerNotice(notice: (text: string) => void): (from: string, how?: string) => void {
  let isTold = false;
  return (from, how = 'and does not hold the key') => {
    if (!isTold) notice(`somebody at ${from} tried to connect ${how}`);
    isTold = true;
  };
}
