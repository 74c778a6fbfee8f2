// Live feed: the last 500 invocations as they come, to filter, open, copy and take to the tester.

import { api, type Detail, type Entry } from "../api.ts";
import { button, h, icon, newId, redraw, replace, set } from "../dom.ts";
import { keep, on } from "../live.ts";
import { badge } from "../parts/badge.ts";
import { membersView, saidOf, sentOf } from "../parts/calls.ts";
import { code, copyButton } from "../parts/code.ts";
import { clockTime, count, milliseconds, number, tally } from "../parts/format.ts";
import { ask, problem, sayError } from "../parts/notice.ts";
import { empty } from "../parts/pane.ts";
import { type Column, table } from "../parts/table.ts";
import { go, type View } from "../view.ts";
import { copies } from "./copies.ts";
import { resultsView } from "./results.ts";

const MOST = 500;

interface Filter {
  outcome: string;
  reason: string;
  way: string;
  mapping: string;
  text: string;
}

export const feed: View = {
  name: "feed",
  title: "Live feed",
  about: "Every invocation as it comes, the last 500. Each one can be opened, copied as a command, sent again, and taken to the tester.",
  async show(until) {
    const state = await api.state();
    let entries: Entry[] = [];
    /** Those of `entries` that came since they were asked for. */
    let came: Entry[] = [];
    let waiting = 0;
    let isPaused = false;
    let chosen: number | null = null;
    const filter: Filter = { outcome: "", reason: "", way: "", mapping: "", text: "" };
    const rows = h("div", {});
    const detail = h("aside", { class: "detail", "aria-label": "Chosen invocation", tabindex: "-1" });
    const news = h("p", { class: "muted", role: "status" });

    const draw = (): void => {
      const shown = entries.filter((entry) => fits(entry, filter));
      redraw(rows, table({ caption: "Invocations, newest first", columns, rows: shown, empty: emptyFeed(entries.length > 0), rowAttributes: (entry) => ({ "data-id": String(entry.id), class: entry.id === chosen ? "chosen" : "" }) }));
      replace(news, isPaused ? `Paused; ${number(waiting)} waiting. ` : "", `${number(shown.length)} of ${count(entries.length, "invocation")}`);
      choices.forEach((choice) => choice.refresh(entries));
    };
    const open = async (id: number): Promise<void> => {
      chosen = id;
      rows.querySelectorAll("tr").forEach((row) => row.classList.toggle("chosen", row.dataset["id"] === String(id)));
      try {
        const found = await api.entry(id);
        if (!until.aborted) replace(detail, detailView(found, state.function_url));
      } catch (error) {
        replace(detail, problem(error));
      }
      detail.focus();
    };
    const columns: Column<Entry>[] = [
      { name: "Time", cell: (entry) => button(clockTime(entry.time), () => void open(entry.id), { class: "link", "aria-label": `Open ${entry.described} of ${clockTime(entry.time)}` }) },
      { name: "Way in", cell: (entry) => [entry.way_in, entry.origin !== "outside" && h("small", { class: "muted" }, ` ${entry.origin}`)] },
      { name: "Outcome", cell: (entry) => [badge(entry.outcome), entry.events > 1 && h("small", { class: "muted" }, ` ${tally(entry.outcomes)}`)] },
      { name: "Reason", cell: (entry) => entry.reasons.map((reason) => h("code", {}, reason, " ")) },
      { name: "Mapping", cell: (entry) => entry.mappings.join(", ") },
      { name: "Events", cell: (entry) => number(entry.events), isNumber: true },
      { name: "Calls", cell: (entry) => number(entry.calls), isNumber: true },
      { name: "Took", cell: (entry) => milliseconds(entry.milliseconds), isNumber: true },
    ];
    const choices = [
      choice("Outcome", (entry) => [entry.outcome], (value) => (filter.outcome = value)),
      choice("Reason", (entry) => entry.reasons, (value) => (filter.reason = value)),
      choice("Way in", (entry) => [entry.way_in], (value) => (filter.way = value)),
      choice("Mapping", (entry) => entry.mappings, (value) => (filter.mapping = value)),
    ];
    const search = h("input", { type: "search", placeholder: "Text", "aria-label": "Text in the row", oninput: () => {
      filter.text = search.value.toLowerCase();
      draw();
    } });
    choices.forEach((choice) => choice.element.addEventListener("change", draw));

    const pause = button([icon("pause"), "Pause"], () => {
      isPaused = !isPaused;
      waiting = 0;
      if (!isPaused) void refresh().catch(sayError);
      replace(pause, icon(isPaused ? "play" : "pause"), isPaused ? "Go on" : "Pause");
      set(pause, "aria-pressed", String(isPaused));
      draw();
    }, { "aria-pressed": "false" });
    const clear = button([icon("trash"), "Empty"], () => void (async () => {
      if (!(await ask({ title: "Empty the feed?", body: "What was recorded is forgotten; audiences and dead letters stay.", yes: "Empty", isDanger: true }))) return;
      await api.forget();
      [entries, waiting] = [[], 0];
      replace(detail);
      draw();
      await refresh();
    })().catch(sayError), { class: "quiet" });

    let isDrawing = false;
    on("request", (entry) => {
      if (isPaused) {
        waiting += 1;
        replace(news, `Paused; ${number(waiting)} waiting.`);
        return;
      }
      came = [entry, ...came].slice(0, MOST);
      entries = [entry, ...entries].slice(0, MOST);
      if (isDrawing) return;
      isDrawing = true;
      setTimeout(() => {
        isDrawing = false;
        if (!until.aborted) draw();
      }, 150);
    }, until);
    rows.addEventListener("click", (event) => {
      const target = event.target as Element;
      const row = target.closest<HTMLElement>("tbody tr");
      if (row?.dataset["id"] && !target.closest("button")) void open(Number(row.dataset["id"]));
    });
    const refresh = await keep(async () => {
      if (isPaused) return;
      came = [];
      const all = await api.feed();
      if (isPaused || until.aborted) return;
      const known = new Set(all.map(({ id }) => id));
      entries = [...came.filter(({ id }) => !known.has(id)), ...all].slice(0, MOST);
      draw();
    }, [], 0, until);
    return [
      h("div", { class: "toolbar" }, choices.map((choice) => choice.element), search, h("span", { class: "spacer" }), pause, clear),
      news,
      h("div", { class: "split feed" }, rows, detail),
    ];
  },
};

function fits(entry: Entry, filter: Filter): boolean {
  if (filter.outcome && entry.outcome !== filter.outcome) return false;
  if (filter.reason && !entry.reasons.includes(filter.reason)) return false;
  if (filter.way && entry.way_in !== filter.way) return false;
  if (filter.mapping && !entry.mappings.includes(filter.mapping)) return false;
  const text = [entry.way_in, entry.described, entry.outcome, entry.answer, ...entry.reasons, ...entry.mappings].join(" ");
  return text.toLowerCase().includes(filter.text);
}

interface Choice {
  element: HTMLElement;
  refresh(entries: Entry[]): void;
}

/** A filter by one of the values that there are. */
function choice(label: string, values: (entry: Entry) => string[], pick: (value: string) => void): Choice {
  const id = newId("filter");
  const select = h("select", { id, onchange: () => pick(select.value) });
  let known = "";
  return {
    element: h("div", { class: "field inline" }, h("label", { for: id }, label), select),
    refresh(entries) {
      const all = [...new Set(entries.flatMap(values))].sort();
      if (all.join("\n") === known && select.options.length > 0) return;
      known = all.join("\n");
      const value = select.value;
      const options = all.includes(value) || value === "" ? all : [...all, value];
      replace(select, h("option", { value: "" }, "all"), options.map((one) => h("option", { value: one, selected: one === value }, one)));
    },
  };
}

function emptyFeed(isFiltered: boolean): HTMLElement {
  if (isFiltered) return empty("No invocation fits the filter.");
  return h("div", {}, h("p", {}, "Nothing has come yet."), h("p", { class: "muted" }, "Send an event, point a platform's webhook at this address, or start the load under Weather and load."), h("p", {}, h("a", { href: "#/send" }, "Send one")));
}

function detailView(detail: Detail, functionUrl: string): HTMLElement {
  const events = detail.events_in.slice(0, 10).map((event, index) =>
    h("li", {}, button(`Open event ${index} in the tester`, () => go("tester", { entry: String(detail.id), index: String(index) }), { class: "link" }), event === null && " (not readable)"),
  );
  return h(
    "div",
    { class: "stack" },
    h("h2", {}, detail.described),
    h("p", { class: "verdict" }, badge(detail.outcome), ` ${detail.answer}, ${milliseconds(detail.milliseconds)}`),
    detail.error && h("p", { class: "decision" }, h("code", {}, detail.error.type), ` ${detail.error.message}`),
    h("div", { class: "row" }, button([icon("send"), "Edit and send again"], () => go("send", { entry: String(detail.id) })), copies(detail, functionUrl).map(({ name, text }) => copyButton(text, `Copy ${name}`, name))),
    events.length > 0 && h("ul", { class: "plain" }, events),
    h("h3", {}, "What became of it"),
    resultsView(detail.results),
    detail.members.map(membersView),
    h("details", { open: true }, h("summary", {}, "What came"), code(detail.payload, "payload")),
    detail.calls_made.map((call) => h("details", {}, h("summary", {}, `${call.method} ${call.path}: ${call.code ?? "no code"}`), sentOf(call), saidOf(call))),
    detail.shared && empty("Other invocations ran at the same time; calls that could not be told apart are listed with each of them."),
    detail.reply !== null && h("details", {}, h("summary", {}, "Reply"), code(detail.reply, "reply")),
  );
}
