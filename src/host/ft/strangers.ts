/** What the operator is told of who connects without the key: one line for a listener, however often somebody tries. */

export function strangerNotice(notice: (text: string) => void): (from: string) => void {
  let isTold = false;
  return (from) => {
    if (!isTold) notice(`somebody at ${from} tried to connect and does not hold the key`);
    isTold = true;
  };
}
