// Mapping tester: event and configuration in, what would become of it out; nothing is sent.

import { api, Refused, type Problem, type Tested } from "../api.ts";
import { button, h, icon, replace, set } from "../dom.ts";
import { editor } from "../editor.ts";
import { laidOut } from "../layout.ts";
import { count } from "../parts/format.ts";
import { problem, say, sayError } from "../parts/notice.ts";
import { pane } from "../parts/pane.ts";
import { exampleChooser, firstEvent, historyButton, layoutButton, shareButton } from "../parts/work.ts";
import { remember, unpack, work } from "../store.ts";
import { go, type View } from "../view.ts";
import { tested } from "./tested.ts";

/** How long typing has to rest before the result is asked for. */
const REST = 350;

export const tester: View = {
  name: "tester",
  title: "Mapping tester",
  about: "What would become of an event: which mapping matches, how each field is filled, what TikTok would get. Nothing is sent.",
  async show(until, given) {
    const [state, schema] = await Promise.all([api.state(), api.schema()]);
    const shared = given.get("share");
    const opened = shared === null ? null : await unpack(shared);
    if (shared !== null && opened === null) say("The link is broken; it may have been cut.");
    const entry = given.get("entry");
    const index = Number(given.get("index") ?? 0);
    const fromFeed = entry === null ? null : await api.entry(Number(entry)).catch(() => null);
    const recorded = fromFeed && laidOut(fromFeed.events_in[index] ?? fromFeed.payload);

    const running = laidOut(state.config.text);
    let unmask = false;
    let latest = 0;
    let timer = 0;
    const place = h("div", { class: "result", "aria-live": "polite", "aria-busy": "true" });
    const problems = h("div", { class: "problems", "aria-live": "polite" });

    const run = async (): Promise<void> => {
      latest += 1;
      const mine = latest;
      set(place, "aria-busy", "true");
      try {
        const result = await api.test(event.text(), config.text(), unmask);
        if (mine !== latest || until.aborted) return;
        showProblems(result.problems);
        replace(place, tested(result));
        summary(result);
      } catch (error) {
        if (mine !== latest || until.aborted) return;
        const found = error instanceof Refused ? error.problems : [];
        showProblems(found);
        replace(place, found.length > 0 ? h("p", { class: "problem", role: "alert" }, "The configuration cannot be used as it is; its errors are marked.") : problem(error));
      } finally {
        if (mine === latest) set(place, "aria-busy", "false");
      }
    };
    const showProblems = (found: Problem[]): void => {
      config.show(found);
      const items = found.map((one) => h("li", { class: one.severity }, h("code", {}, one.path || "file"), " ", one.message, one.hint !== null && ` (${one.hint})`, one.line !== null && h("span", { class: "muted" }, ` line ${one.line}`)));
      replace(problems, items.length > 0 && h("ul", { class: "plain" }, items));
    };
    const summary = (result: Tested): void => {
      const first = result.events[0]?.mappings.find((mapping) => mapping.matched);
      remember(first ? `${first.mapping}: ${result.events[0]?.outcome ?? "tested"}` : count(result.events.length, "event"), event.text(), config.text());
    };
    const later = (): void => {
      work.event = event.text();
      work.config = config.text();
      clearTimeout(timer);
      timer = window.setTimeout(() => void run(), REST);
    };
    until.addEventListener("abort", () => clearTimeout(timer));

    const event = editor({ label: "Event, JSON", text: opened?.event ?? recorded ?? work.event ?? (await firstEvent()), parses: true, onchange: later });
    const config = editor({ label: "Configuration, destination.json", text: opened?.config ?? work.config ?? running, schema, parses: false, onchange: later });
    until.addEventListener("abort", () => [event, config].forEach((one) => one.view.destroy()));

    const reveal = button([icon("eye"), "Show personal data"], () => {
      unmask = !unmask;
      set(reveal, "aria-pressed", String(unmask));
      void run();
    }, { class: "quiet", "aria-pressed": "false" });
    const apply = async (): Promise<void> => {
      await api.configure(config.text());
      say("The running sandbox now uses this configuration.");
    };
    const take = (text: string, other?: string): void => {
      event.setText(text);
      if (other !== undefined) config.setText(other);
    };
    const toSend = button([icon("send"), "Send it"], () => {
      work.event = event.text();
      go("send");
    }, { class: "primary" });
    void run();
    return h(
      "div",
      { class: "panes three" },
      pane("Event", event.view.dom, { others: [exampleChooser(take), layoutButton(event.text, event.setText), historyButton(take)] }),
      pane("Configuration", config.view.dom, {
        others: [button("As running", () => config.setText(running), { class: "quiet" }), layoutButton(config.text, config.setText), button("Use in the sandbox", () => void apply().catch(sayError), { class: "quiet" })],
        foot: problems,
      }),
      pane("Result", place, { main: toSend, others: [reveal, shareButton(() => ({ event: event.text(), config: config.text() }))] }),
    );
  },
};
