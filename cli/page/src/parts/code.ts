// JSON and other text to read: coloured, scrollable by keyboard, with a button that copies it.

import type { Json } from "../api.ts";
import { button, h, icon } from "../dom.ts";
import { laidOut } from "../layout.ts";
import { say } from "./notice.ts";

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Longer texts stay without colours, which would make the page slow. */
const MOST_COLOURED = 60_000;

export function code(value: Json | string, label: string): HTMLElement {
  const text = laidOut(typeof value === "string" ? value : JSON.stringify(value));
  return plain(text, label, true);
}

export function plain(text: string, label: string, isJson = false): HTMLElement {
  const pre = h("pre", { tabindex: "0", role: "region", "aria-label": label });
  if (isJson && text.length < MOST_COLOURED) colour(text, pre);
  else pre.append(text);
  return h("div", { class: "code" }, pre, copyButton(text, `Copy ${label}`));
}

function colour(text: string, into: HTMLElement): void {
  let done = 0;
  for (const match of text.matchAll(TOKENS)) {
    into.append(text.slice(done, match.index));
    done = match.index + match[0].length;
    if (match[1] !== undefined) {
      into.append(h("span", { class: match[2] ? "tok-key" : "tok-string" }, match[1]), match[2] ?? "");
    } else {
      into.append(h("span", { class: "tok-atom" }, match[0]));
    }
  }
  into.append(text.slice(done));
}

export function copyButton(text: string, label: string, words = ""): HTMLElement {
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => say("Copied."),
      () => say("The browser did not allow to copy; select the text instead."),
    );
  };
  return button([icon("copy"), words], copy, { class: words ? "quiet" : "quiet small", "aria-label": label, title: label });
}
