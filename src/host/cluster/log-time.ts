/** Times in logs that people read. */

/** The present, as ISO 8601 in UTC with milliseconds. */
export const isoTime = (): string => new Date().toISOString();
