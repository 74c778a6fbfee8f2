// One stream of news from the sandbox, shared by all views.

import type { Entry, Load, Weather } from "./api.ts";
import { sayError } from "./parts/notice.ts";

export interface News {
  request: Entry;
  load: Load;
  weather: Weather[];
  sizes: Record<string, number>;
  letters: number;
  connection: boolean;
}

type Listener<T> = (news: T) => void;

const listeners: { [Name in keyof News]: Set<Listener<News[Name]>> } = {
  request: new Set(),
  load: new Set(),
  weather: new Set(),
  sizes: new Set(),
  letters: new Set(),
  connection: new Set(),
};

function tell<Name extends keyof News>(name: Name, news: News[Name]): void {
  for (const listener of listeners[name]) listener(news);
}

/** Listens until the given signal says that the view has gone. */
export function on<Name extends keyof News>(name: Name, listener: Listener<News[Name]>, until: AbortSignal): void {
  listeners[name].add(listener);
  until.addEventListener("abort", () => listeners[name].delete(listener));
}

/**
 * Keeps what a view reads in step: `read` runs now, `pause` milliseconds after any of these news, and whenever the
 * stream has begun again, for what was missed until then. One at a time: an older answer never takes the place of a
 * newer one. What comes back reads once more, and says when what was true at its call is shown, however many news come.
 */
export async function keep(read: () => Promise<void>, names: (keyof News)[], pause: number, until: AbortSignal): Promise<() => Promise<void>> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = (): Promise<void> => {
    running = (until.aborted ? Promise.resolve() : read()).finally(() => {
      running = null;
    });
    return running;
  };
  const refresh = (): Promise<void> => {
    if (!running && !next) return start();
    next ??= Promise.resolve(running).catch(() => undefined).then(() => {
      next = null;
      return start();
    });
    return next;
  };
  let isDue = false;
  const soon = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      void refresh().catch(sayError);
    }, pause);
  };
  for (const name of names) on(name, soon, until);
  on("connection", (isThere) => isThere && soon(), until);
  await refresh();
  return refresh;
}

/** Keeps what each piece of news says whole in step: shows it, and shows what `read` gives unless some came meanwhile. */
export async function follow<Name extends keyof News>(name: Name, read: () => Promise<News[Name] | null>, show: Listener<News[Name]>, until: AbortSignal): Promise<void> {
  let isNewer = false;
  on(name, (news) => {
    isNewer = true;
    show(news);
  }, until);
  await keep(async () => {
    isNewer = false;
    const found = await read();
    if (found !== null && !isNewer && !until.aborted) show(found);
  }, [], 0, until);
}

/** Connects, and connects again whenever the sandbox was away or this page was too slow to follow. */
export function listen(): void {
  const source = new EventSource("/_sandbox/stream");
  const names = ["request", "load", "weather", "sizes", "letters"] as const;
  for (const name of names) {
    source.addEventListener(name, (event) => tell(name, JSON.parse((event as MessageEvent<string>).data)));
  }
  source.addEventListener("open", () => tell("connection", true));
  source.addEventListener("error", () => tell("connection", false));
}
