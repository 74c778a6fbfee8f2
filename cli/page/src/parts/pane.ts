// A titled part of a view with its tools.

import { type Child, h } from "../dom.ts";

export interface Tools {
  /** What one comes for, beside the title. */
  main?: Child;
  /** Everything else, in a row of its own. */
  others?: Child[];
  foot?: Child;
}

export function pane(title: string, content: Child, { main, others, foot }: Tools = {}): HTMLElement {
  const header = h("header", {}, h("div", { class: "row" }, h("h2", {}, title), h("span", { class: "spacer" }), main), others && h("div", { class: "tools" }, others));
  return h("section", { class: "pane", "aria-label": title }, header, content, foot);
}

export const empty = (words: string): HTMLElement => h("p", { class: "muted" }, words);
