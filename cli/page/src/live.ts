// One stream of news from the sandbox, shared by all views.

import type { Entry, Load, Weather } from "./api.ts";

export interface News {
  request: Entry;
  load: Load;
  weather: Weather[];
  sizes: Record<string, number>;
  connection: boolean;
}

type Listener<T> = (news: T) => void;

const listeners: { [Name in keyof News]: Set<Listener<News[Name]>> } = {
  request: new Set(),
  load: new Set(),
  weather: new Set(),
  sizes: new Set(),
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

/** Connects, and connects again whenever the sandbox was away. */
export function listen(): void {
  const source = new EventSource("/_sandbox/stream");
  const names = ["request", "load", "weather", "sizes"] as const;
  for (const name of names) {
    source.addEventListener(name, (event) => tell(name, JSON.parse((event as MessageEvent<string>).data)));
  }
  source.addEventListener("open", () => tell("connection", true));
  source.addEventListener("error", () => tell("connection", false));
}
