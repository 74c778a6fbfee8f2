// The function's report: what became of each event, and why.

import type { ActionResult, Result } from "../api.ts";
import { type Child, h } from "../dom.ts";
import { actorWords, badge } from "../parts/badge.ts";

const MOST = 20;

export function resultsView(results: Result[]): Child {
  if (results.length === 0) return h("p", { class: "muted" }, "This caller gets no report of single events.");
  const shown = results.slice(0, MOST).map(resultView);
  const rest = results.length - shown.length;
  return [h("ul", { class: "plain results" }, shown), rest > 0 && h("p", { class: "muted" }, `and ${rest} more`)];
}

function resultView(result: Result): HTMLElement {
  return h("li", {}, h("p", {}, badge(result.outcome), h("span", { class: "muted" }, ` event ${result.index}`), result.message_id !== undefined && [" ", h("code", {}, result.message_id)]), result.actions.map(actionView));
}

function actionView(action: ActionResult): HTMLElement {
  const left = (action.left_out ?? []).map((out) => `${out.field} ${out.reason}`).join(", ");
  return h(
    "p",
    { class: "action" },
    action.mapping ?? withoutMapping(action),
    action.audience_id !== undefined && [" → audience ", h("code", {}, action.audience_id)],
    action.error && [": ", h("code", {}, action.error.code), ` ${action.error.message} `, h("span", { class: "muted" }, actorWords(action.error.actor))],
    left && h("span", { class: "muted" }, ` (left out: ${left})`),
  );
}

/** What is said in the place of a mapping's name. */
function withoutMapping(action: ActionResult): string {
  if (action.outcome === "accepted") return "It waits in the buffer queue";
  return action.error?.code === "NO_MAPPING" ? "No mapping" : "The event as a whole";
}
