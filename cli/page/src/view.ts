// What every view of the page is.

import type { Child } from "./dom.ts";

export interface View {
  /** Its name in the address: `#/name`. */
  name: string;
  title: string;
  /** One sentence under the title. */
  about: string;
  /** Builds the content; `until` ends when another view takes the place. */
  show(until: AbortSignal, given: URLSearchParams): Child | Promise<Child>;
}

/** Goes to a view, with what it is given. */
export function go(name: string, given: Record<string, string> = {}): void {
  const query = new URLSearchParams(given).toString();
  location.hash = query ? `#/${name}?${query}` : `#/${name}`;
}
