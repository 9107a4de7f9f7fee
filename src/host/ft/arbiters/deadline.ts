/** How long an arbiter may take: what has not answered by then is unknown, whatever becomes of it. */

export const DEADLINE_MS = 2000;

/** What `action` comes to, or an Error when it has not settled in time; it goes on nevertheless. */
export async function inTime<T>(action: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error(`no answer for ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    return await Promise.race([action, late]);
  } finally {
    clearTimeout(timer);
    action.catch(() => {});
  }
}
