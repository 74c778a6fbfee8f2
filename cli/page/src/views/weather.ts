// Weather and load: what can go wrong at TikTok and AWS, switched on and off; and many invented people at once.

import { api, type Load, type Weather } from "../api.ts";
import { button, h, icon, newId, replace, set } from "../dom.ts";
import { follow, on } from "../live.ts";
import { badge } from "../parts/badge.ts";
import { chart } from "../parts/chart.ts";
import { count, number, tally } from "../parts/format.ts";
import { say, sayError } from "../parts/notice.ts";
import { empty } from "../parts/pane.ts";
import type { View } from "../view.ts";

interface Kind {
  kind: string;
  title: string;
  does: string;
  effect: string;
}

const KINDS: Kind[] = [
  { kind: "throttling", title: "Throttling", does: "TikTok answers 40100, too many requests.", effect: "Events are retryable: the sender or the queue brings them again. Nothing is lost." },
  { kind: "outage", title: "Outage", does: "TikTok answers HTTP 503.", effect: "Three attempts, then retryable." },
  { kind: "latency", title: "Latency", does: "TikTok takes three seconds more.", effect: "Replies come late, but within their time; what does not fit is retryable." },
  { kind: "dead_token", title: "Dead token", does: "The advertiser has taken the token back: 40105.", effect: "Everything is retryable until there is a new token; TokenAlarm rings." },
  { kind: "refused_rows", title: "Refused rows", does: "TikTok refuses a person with 40002.", effect: "The batch is taken apart until the person stands alone: one is rejected, all others are delivered." },
  { kind: "secret_unreadable", title: "Secret unreadable", does: "Secrets Manager does not answer.", effect: "The copy in the cache serves on; a function without one answers 503, so that senders come again." },
];

export const weather: View = {
  name: "weather",
  title: "Weather and load",
  about: "Break TikTok and AWS on purpose, watch what the function makes of it, and see it recover. Then send it a crowd.",
  async show(until) {
    const seen = new Map<string, number>();
    const effect = h("p", { role: "status", class: "muted" }, "Switch something on and send events: what becomes of them is counted here.");
    const switches = new Map<string, HTMLButtonElement>();
    const hits = new Map<string, HTMLElement>();
    const cards = KINDS.map((kind) => card(kind));

    function card(kind: Kind): HTMLElement {
      const words = newId("weather");
      const toggle = button("Off", () => void flip(kind.kind).catch(sayError), { role: "switch", "aria-checked": "false", "aria-labelledby": words });
      const hit = h("p", { class: "muted" });
      switches.set(kind.kind, toggle);
      hits.set(kind.kind, hit);
      return h("section", { class: "card weather-card" }, h("header", { class: "row" }, h("h3", { id: words }, kind.title), h("span", { class: "spacer" }), toggle), h("p", {}, kind.does), h("p", { class: "muted" }, kind.effect), hit);
    }
    const show = (all: Weather[]): void => {
      for (const { kind, on: isOn, hits: met } of all) {
        const toggle = switches.get(kind);
        if (!toggle) continue;
        set(toggle, "aria-checked", String(isOn));
        replace(toggle, isOn ? "On" : "Off");
        toggle.closest(".card")?.classList.toggle("on", isOn);
        const place = hits.get(kind);
        if (place) replace(place, met > 0 ? `${count(met, "call")} met it.` : isOn ? "No call has met it yet." : "");
      }
    };
    const flip = async (kind: string): Promise<void> => {
      const isOn = switches.get(kind)?.getAttribute("aria-checked") === "true";
      seen.clear();
      show(await api.weather(kind, !isOn));
      replace(effect, isOn ? "Fine again: what comes now is delivered." : "On. Send events and see what becomes of them.");
    };
    on("request", (entry) => {
      for (const [outcome, times] of Object.entries(entry.outcomes)) seen.set(outcome, (seen.get(outcome) ?? 0) + (times ?? 0));
      if (Object.keys(entry.outcomes).length === 0) seen.set(entry.outcome, (seen.get(entry.outcome) ?? 0) + 1);
      replace(effect, "Since the last change: ", [...seen].map(([outcome, times]) => [badge(outcome, `${number(times)} ${outcome}`), " "]));
    }, until);
    await follow("weather", async () => (await api.state()).weather, show, until);

    const sendOne = async (): Promise<void> => {
      const detail = await api.send(await api.example("direct_audience_entered.json"));
      say(`One event: ${detail.outcome}.`);
    };
    const clear = async (): Promise<void> => {
      for (const { kind, on: isOn } of (await api.state()).weather) if (isOn) show(await api.weather(kind, false));
      replace(effect, "Fine weather.");
    };
    return [
      h("section", {}, h("header", { class: "row" }, h("h2", {}, "Weather"), h("span", { class: "spacer" }), button([icon("send"), "Send one event"], () => void sendOne().catch(sayError)), button("Fine weather", () => void clear().catch(sayError), { class: "quiet" })), effect, h("div", { class: "cards" }, cards)),
      await loadView(until),
    ];
  },
};

const SIZES = [1_000, 10_000, 100_000];

async function loadView(until: AbortSignal): Promise<HTMLElement> {
  const id = newId("people");
  const batchId = newId("batch");
  const people = h("input", { id, type: "number", min: 1_000, max: 100_000, step: 1_000, value: 10_000, inputmode: "numeric" });
  const batch = h("select", { id: batchId }, [1, 100, 1_000, 10_000].map((size) => h("option", { value: size, selected: size === 1_000 }, number(size))));
  const progress = h("progress", { max: 1, value: 0, "aria-label": "People sent" });
  const words = h("p", { role: "status" });
  const speed = chart("Events per second", 180, until);
  let points: [number, number][] = [];

  const show = (load: Load): void => {
    set(progress, "max", load.people);
    progress.value = load.sent;
    replace(words, `${number(load.sent)} of ${count(load.people, "person").replace("persons", "people")}, ${number(Math.round(load.events_per_second))} events per second, ${load.seconds.toFixed(1)} s`, load.running ? "" : ". Done: ", load.running ? "" : tally(load.outcomes), load.running ? "" : `; ${number(load.members)} identifiers in the audience.`);
    set(start, "disabled", load.running);
    set(stop, "disabled", !load.running);
    points = [...points, [Date.now() / 1_000, load.events_per_second] as [number, number]].slice(-600);
    speed.show(points);
  };
  const run = async (): Promise<void> => {
    points = [];
    show(await api.load(Number(people.value), Number(batch.value)));
  };
  const start = button([icon("people"), "Send them"], () => void run().catch(sayError), { class: "primary" });
  const stop = button("Stop", () => void api.stopLoad().catch(sayError), { disabled: true });
  replace(words, "Nobody has been sent yet.");
  await follow("load", async () => (await api.state()).load, show, until);
  const sizes = SIZES.map((size) => button(number(size), () => {
    people.value = String(size);
  }, { class: "quiet", "aria-label": `${number(size)} people` }));
  return h(
    "section",
    { class: "card load" },
    h("h2", {}, "Load"),
    empty("Invented people enter an audience of their own. The fake TikTok takes as many calls as come, so this shows the function's own speed in this build, up to calls_per_second of the configuration, and not TikTok's."),
    h("div", { class: "row" }, h("div", { class: "field inline" }, h("label", { for: id }, "People"), people), sizes, h("div", { class: "field inline" }, h("label", { for: batchId }, "Events per invocation"), batch), start, stop),
    progress,
    words,
    speed.element,
  );
}
