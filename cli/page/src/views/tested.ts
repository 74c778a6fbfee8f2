// The result of a test as one reads it: mapping by mapping, field by field, identifier by identifier.

import type { ActionResult, Decision, HashUnder, Identifier, Json, MappingResult, Tested } from "../api.ts";
import { type Child, h } from "../dom.ts";
import { actorWords, badge } from "../parts/badge.ts";
import { sentOf } from "../parts/calls.ts";
import { count, shortHash } from "../parts/format.ts";

export function tested(result: Tested): Child {
  if (result.error) return h("p", { class: "problem", role: "alert" }, h("strong", {}, result.error.type), ": ", result.error.message);
  const events = result.events.map((event) => eventView(event, result.events.length > 1));
  const sent = result.calls.length > 0 ? result.calls.map(sentOf) : h("p", { class: "muted" }, "Nothing would be sent.");
  return [events, h("section", { class: "requests" }, h("h3", {}, "What TikTok would get"), sent)];
}

function eventView(event: Tested["events"][number], isNumbered: boolean): HTMLElement {
  const heading = isNumbered && h("h3", {}, `Event ${event.index}`);
  const verdict = event.outcome && h("p", { class: "verdict" }, badge(event.outcome), " would be the outcome");
  const whole = (event.results ?? []).map(decisionView);
  const matched = event.mappings.filter((mapping) => mapping.matched);
  const others = event.mappings.filter((mapping) => !mapping.matched);
  return h(
    "section",
    { class: "event" },
    heading,
    verdict,
    whole,
    matched.map((mapping) => mappingView(mapping, event.actions)),
    others.map((mapping) => mappingView(mapping, [])),
  );
}

function mappingView(mapping: MappingResult, actions: ActionResult[]): HTMLElement {
  const state = !mapping.enabled ? "disabled" : mapping.matched ? "matched" : "not matched";
  const own = actions.filter((action) => action.mapping === mapping.mapping);
  const head = h("header", {}, h("h4", {}, mapping.mapping, h("small", {}, mapping.action)), badge(state));
  if (!mapping.matched) return h("article", { class: "mapping unmatched" }, head, failing(mapping));
  return h(
    "article",
    { class: "mapping" },
    head,
    (mapping.results ?? []).map(decisionView),
    own.map(actionView),
    fieldsView(mapping.fields ?? {}),
    (mapping.identifiers ?? []).map(identifierView),
  );
}

function failing(mapping: MappingResult): HTMLElement {
  if (mapping.note !== undefined) return h("div", { class: "failing" }, h("p", {}, mapping.note));
  const met = (mapping.met ?? []).map(({ subject, value }) => h("li", {}, h("code", {}, subject), " is ", h("code", {}, value)));
  return h("div", { class: "failing" }, h("p", {}, "needs ", h("code", {}, mapping.failing ?? "")), met.length > 0 && h("ul", { class: "plain" }, met));
}

function decisionView(decision: Decision): HTMLElement {
  const reason = decision.code && [h("code", {}, decision.code), " "];
  return h("p", { class: "decision" }, badge(decision.outcome), " ", reason, decision.message);
}

function actionView(action: ActionResult): Child {
  const out = (action.left_out ?? []).map((left) => h("li", {}, h("code", {}, left.field), " is left out: ", h("code", {}, left.reason)));
  const error = action.error && h("p", { class: "decision" }, badge(action.outcome), " ", h("code", {}, action.error.code), ` ${action.error.message} `, h("span", { class: "muted" }, actorWords(action.error.actor)));
  return [error, out.length > 0 && h("ul", { class: "plain left-out" }, out)];
}

const IDENTIFIERS = ["email", "phone", "advertising_id"];

function fieldsView(fields: Record<string, Json>): Child {
  const rows = Object.entries(fields).filter(([name]) => !IDENTIFIERS.includes(name));
  if (rows.length === 0) return null;
  const cells = rows.map(([name, value]) => h("div", {}, h("dt", {}, h("code", {}, name)), h("dd", {}, typeof value === "string" ? value : JSON.stringify(value))));
  return h("details", {}, h("summary", {}, `${count(rows.length, "other field")} filled`), h("dl", { class: "fields" }, cells));
}

function identifierView(identifier: Identifier): HTMLElement {
  const fate = identifier.problem
    ? [badge("rejected", "unusable"), " ", h("code", {}, identifier.problem.code), ` ${identifier.problem.message}`]
    : identifier.sent && identifier.column
      ? [badge("ok", `sent as ${identifier.column}`)]
      : identifier.column
        ? [badge("skipped", "not sent"), ` its send_${identifier.field} is off`]
        : [badge("skipped", "blank")];
  return h(
    "section",
    { class: "identifier", "aria-label": identifier.field },
    h("p", {}, h("strong", {}, identifier.field), " ", h("code", { class: "raw" }, identifier.value), " ", fate),
    (identifier.rules ?? []).length > 0 && h("ul", { class: "rules" }, (identifier.rules ?? []).map(ruleView)),
  );
}

function ruleView(rule: HashUnder): HTMLElement {
  const way = rule.hash
    ? [h("code", { class: "cleaned" }, rule.cleaned ?? "hashed already"), h("span", { "aria-label": "is hashed to" }, " → "), h("code", { title: rule.hash }, shortHash(rule.hash))]
    : [h("span", { class: "muted" }, rule.problem ? rule.problem.message : "blank")];
  return h("li", { class: rule.used && "used" }, h("span", { class: "rule" }, rule.rules, rule.used && h("span", { class: "hidden" }, " (in use)")), h("span", {}, way));
}
