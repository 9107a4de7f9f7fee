/** Ticks in sentences: `1,234,567`. */

export const tickText = (tick: bigint): string => String(tick).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
