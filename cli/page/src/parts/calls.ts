// TikTok's calls: what went out and what came back.

import type { Call, MembersChange } from "../api.ts";
import { h } from "../dom.ts";
import { badge } from "./badge.ts";
import { code } from "./code.ts";
import { number, shortHash } from "./format.ts";

const query = (call: Call): string => (call.query ? `?${call.query}` : "");

export function callTitle(call: Call): HTMLElement {
  return h("p", { class: "call" }, h("strong", {}, call.method), " ", h("code", {}, call.path + query(call)));
}

export function sentOf(call: Call): HTMLElement {
  const body = call.body === null ? h("p", { class: "muted" }, "No body.") : code(call.body, `request to ${call.path}`);
  return h("section", { class: "piece" }, callTitle(call), body);
}

export function saidOf(call: Call): HTMLElement {
  const good = call.status !== null && call.status < 300 && call.code === 0;
  const words = call.status === null ? "hung up" : `HTTP ${call.status}, code ${call.code ?? "none"}`;
  const answer = call.answer === null ? null : code(call.answer, `answer of ${call.path}`);
  const fault = call.faulted && h("p", { class: "muted" }, "The weather played a part in this.");
  return h("section", { class: "piece" }, callTitle(call), h("p", {}, badge(good ? "ok" : "failed", words)), fault, answer);
}

const MOST_CELLS = 12;

/** An audience's members before and after. */
export function membersView(change: MembersChange): HTMLElement {
  const cells = [
    ...change.removed.map((cell) => ({ mark: "−", words: "removed", cell })),
    ...change.added.map((cell) => ({ mark: "+", words: "added", cell })),
  ];
  const items = cells.slice(0, MOST_CELLS).map(({ mark, words, cell: [column, hash] }) =>
    h("li", { class: words }, h("span", { "aria-hidden": "true" }, mark), h("span", { class: "hidden" }, words), ` ${column} `, h("code", { title: hash }, shortHash(hash))),
  );
  const rest = cells.length - items.length;
  return h(
    "section",
    { class: "members" },
    h("h3", {}, change.name || change.audience_id),
    h("p", {}, h("strong", {}, number(change.before)), " before, ", h("strong", {}, number(change.after)), " after"),
    items.length > 0 ? h("ul", { class: "cells" }, items) : h("p", { class: "muted" }, "Nobody came or went."),
    rest > 0 && h("p", { class: "muted" }, `and ${number(rest)} more`),
  );
}
