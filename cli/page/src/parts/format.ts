// Numbers, times and shortened hashes as they are read here.

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

export const number = (value: number): string => value.toLocaleString("en");

export const clockTime = (iso: string): string => new Date(iso).toLocaleTimeString("en-GB");

export const day = (iso: string): string => new Date(iso).toLocaleDateString("en", { dateStyle: "medium" });

export const milliseconds = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : `${number(Math.round(value))} ms`);

export const shortHash = (hash: string): string => (hash.length > 14 ? `${hash.slice(0, 8)}…${hash.slice(-4)}` : hash);

/** `2 delivered, 1 rejected` */
export const tally = (counts: Partial<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, value]) => (value ?? 0) > 0)
    .map(([name, value]) => `${number(value ?? 0)} ${name}`)
    .join(", ");
