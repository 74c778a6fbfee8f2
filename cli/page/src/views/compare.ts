// Two configurations over the recorded feed: which events change what becomes of them, or what TikTok gets.

import { api, type Change, type Compared, type Json, Refused, type Side } from "../api.ts";
import { button, h, replace, set } from "../dom.ts";
import { editor } from "../editor.ts";
import { laidOut } from "../layout.ts";
import { badge } from "../parts/badge.ts";
import { differenceView } from "../parts/diff.ts";
import { count } from "../parts/format.ts";
import { problem } from "../parts/notice.ts";
import { pane } from "../parts/pane.ts";
import { work } from "../store.ts";
import { go, type View } from "../view.ts";

export const compare: View = {
  name: "compare",
  title: "Compare",
  about: "Runs the recorded feed through two configurations and shows the events that come out differently. Nothing is sent.",
  async show(until) {
    const [state, schema] = await Promise.all([api.state(), api.schema()]);
    const running = laidOut(state.config.text);
    const result = h("div", { class: "stack", "aria-live": "polite" });
    const a = editor({ label: "Configuration A", text: running, schema, parses: false });
    const b = editor({ label: "Configuration B", text: work.config ?? running, schema, parses: false });
    until.addEventListener("abort", () => [a, b].forEach((one) => one.view.destroy()));
    const run = async (): Promise<void> => {
      set(start, "disabled", true);
      a.show([]);
      b.show([]);
      try {
        replace(result, compared(await api.compare(a.text(), b.text())));
      } catch (error) {
        if (error instanceof Refused && error.problems.length > 0) {
          const isA = error.message.startsWith("A");
          (isA ? a : b).show(error.problems);
        }
        replace(result, problem(error));
      } finally {
        set(start, "disabled", false);
      }
    };
    const start = button("Compare", () => void run(), { class: "primary" });
    return [
      h("div", { class: "panes two" }, pane("A", a.view.dom, { others: [button("As running", () => a.setText(running), { class: "quiet" }), button("From the tester", () => a.setText(work.config ?? a.text()), { class: "quiet" })] }), pane("B", b.view.dom, { main: start, others: [button("As running", () => b.setText(running), { class: "quiet" }), button("From the tester", () => b.setText(work.config ?? b.text()), { class: "quiet" })] })),
      result,
    ];
  },
};

function compared(found: Compared): HTMLElement {
  if (found.events === 0) return h("p", {}, "The feed holds no events yet. ", h("a", { href: "#/send" }, "Send some first"), ".");
  const left = found.left_out > 0 ? ` ${count(found.left_out, "older event")} left out.` : "";
  const summary = found.changed.length === 0 ? `None of ${count(found.events, "event")} changes.` : `${count(found.changed.length, "event")} of ${found.events} would change.`;
  return h("div", { class: "stack" }, h("p", { class: "verdict" }, summary + left), found.changed.map(changeView));
}

function changeView(change: Change): HTMLElement {
  const isSame = change.a.outcome === change.b.outcome;
  const outcomes = isSame ? [badge(change.a.outcome), " with another request"] : [badge(change.a.outcome), " → ", badge(change.b.outcome)];
  return h(
    "details",
    { class: "change" },
    h("summary", {}, eventName(change.event), " ", outcomes),
    h("div", { class: "columns" }, sideView("A", change.a), sideView("B", change.b)),
    differenceView(change.a.requests, change.b.requests, "difference of the requests"),
    button("Open in the tester", () => go("tester", { entry: String(change.entry), index: String(change.index) }), { class: "link" }),
  );
}

function eventName(event: Json): string {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return "event";
  const word = event["event"] ?? event["action"] ?? event["type"];
  const id = event["messageId"] ?? event["id"];
  return [word, id].filter((part) => typeof part === "string").join(" · ") || "event";
}

function sideView(name: string, side: Side): HTMLElement {
  const decisions = side.decisions.map((one) => h("li", {}, badge(one.outcome), ` ${one.mapping}: `, one.code !== undefined && h("code", {}, one.code, " "), one.message));
  return h("section", {}, h("h3", {}, name), decisions.length > 0 ? h("ul", { class: "plain" }, decisions) : h("p", { class: "muted" }, "No mapping matches."));
}
