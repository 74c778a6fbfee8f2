// Two JSON values line by line: what is only left, only right, or in both.

import type { Json } from "../api.ts";
import { h } from "../dom.ts";
import { laidOut } from "../layout.ts";

export type Line = { side: "a" | "b" | "both"; text: string };

const lines = (value: Json): string[] => laidOut(JSON.stringify(value)).split("\n");
/** Longer values are shown one after the other: the table of the comparison grows with the square. */
const MOST_LINES = 1_500;

/** The shortest way from one text to the other, by the longest common subsequence. */
export function difference(a: Json, b: Json): Line[] {
  const [left, right] = [lines(a), lines(b)];
  if (left.length > MOST_LINES || right.length > MOST_LINES) {
    return [...left.map((text): Line => ({ side: "a", text })), ...right.map((text): Line => ({ side: "b", text }))];
  }
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: Line[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      out.push({ side: "both", text: left[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) {
      out.push({ side: "a", text: left[i] ?? "" });
      i += 1;
    } else {
      out.push({ side: "b", text: right[j] ?? "" });
      j += 1;
    }
  }
  return out;
}

const MARKS = { a: "−", b: "+", both: " " } as const;
const WORDS = { a: "only in A: ", b: "only in B: ", both: "" } as const;

export function differenceView(a: Json, b: Json, label: string): HTMLElement {
  const rows = difference(a, b).map((line) =>
    h("span", { class: `line ${line.side}` }, h("span", { class: "hidden" }, WORDS[line.side]), `${MARKS[line.side]} ${line.text}\n`),
  );
  return h("div", { class: "code" }, h("pre", { tabindex: "0", role: "region", "aria-label": label }, rows));
}
