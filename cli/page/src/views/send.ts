// Send: one event in three panes, and the audience's members before and after.

import { api, type Detail } from "../api.ts";
import { button, h, icon, replace, set } from "../dom.ts";
import { editor } from "../editor.ts";
import { badge } from "../parts/badge.ts";
import { membersView, saidOf, sentOf } from "../parts/calls.ts";
import { code } from "../parts/code.ts";
import { count, milliseconds } from "../parts/format.ts";
import { problem } from "../parts/notice.ts";
import { empty, pane } from "../parts/pane.ts";
import { exampleChooser, firstEvent, historyButton, layoutButton } from "../parts/work.ts";
import { remember, work } from "../store.ts";
import type { View } from "../view.ts";
import { resultsView } from "./results.ts";

export const send: View = {
  name: "send",
  title: "Send",
  about: "One invocation of the real function against the sandbox's TikTok. Any envelope will do: an event, an array, an HTTP request, records of a queue.",
  async show(until, given) {
    const entry = given.get("entry");
    const recorded = entry === null ? null : await api.entry(Number(entry)).catch(() => null);
    const sent = h("div", { class: "stack" }, empty("Nothing has been sent yet."));
    const said = h("div", { class: "stack" }, empty("TikTok has said nothing yet."));
    const outcome = h("div", { class: "outcome", "aria-live": "polite" });
    const came = editor({
      label: "What comes: the invocation's payload, JSON",
      text: recorded?.payload ?? work.event ?? (await firstEvent()),
      parses: true,
      onchange: (text) => {
        work.event = text;
      },
    });
    until.addEventListener("abort", () => came.view.destroy());
    const run = async (): Promise<void> => {
      set(go, "disabled", true);
      try {
        const detail = await api.send(came.text());
        if (until.aborted) return;
        remember(`Sent: ${detail.outcome}`, came.text(), work.config ?? "{}");
        show(detail);
      } catch (error) {
        replace(outcome, problem(error));
      } finally {
        set(go, "disabled", false);
      }
    };
    const show = (detail: Detail): void => {
      const { calls_made: calls } = detail;
      const isQueued = detail.outcome === "accepted";
      const nothing = () => (isQueued ? h("p", {}, "Not yet: it waits in the buffer queue. ", h("a", { href: "#/feed" }, "The live feed"), " shows its delivery.") : empty("TikTok was not called."));
      replace(sent, calls.length > 0 ? calls.map(sentOf) : nothing());
      replace(said, calls.length > 0 ? calls.map(saidOf) : nothing());
      replace(outcome, verdict(detail));
    };
    const go = button([icon("send"), "Send"], () => void run(), { class: "primary" });
    if (recorded) show(recorded);
    const take = (text: string): void => came.setText(text);
    return [
      h(
        "div",
        { class: "panes three send" },
        pane("What comes", came.view.dom, { main: go, others: [exampleChooser(take), layoutButton(came.text, came.setText), historyButton(take)] }),
        pane("What goes to TikTok", sent),
        pane("What TikTok says", said),
      ),
      outcome,
    ];
  },
};

function verdict(detail: Detail): HTMLElement {
  const error = detail.error && h("p", { class: "decision" }, badge("failed"), " ", h("code", {}, detail.error.type), ` ${detail.error.message}`);
  const reply = detail.reply !== null && h("details", {}, h("summary", {}, "The reply to the caller"), code(detail.reply, "reply"));
  return h(
    "div",
    { class: "columns" },
    h(
      "section",
      {},
      h("h2", {}, "Outcome"),
      h("p", { class: "verdict" }, badge(detail.outcome), ` ${count(detail.events, "event")} by ${detail.way_in}, ${detail.answer}, ${milliseconds(detail.milliseconds)}`),
      error,
      resultsView(detail.results),
      reply,
    ),
    h("section", {}, h("h2", {}, "Members"), detail.members.length > 0 ? detail.members.map(membersView) : empty("No audience has changed.")),
  );
}
