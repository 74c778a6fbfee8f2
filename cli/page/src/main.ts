// The page's frame: navigation, theme, and the view that the address names.

import { api, type State } from "./api.ts";
import { button, h, icon, replace, set } from "./dom.ts";
import { listen, on } from "./live.ts";
import { noticePlace, problem } from "./parts/notice.ts";
import type { View } from "./view.ts";
import { audiences } from "./views/audiences.ts";
import { compare } from "./views/compare.ts";
import { connect } from "./views/connect.ts";
import { feed } from "./views/feed.ts";
import { list } from "./views/list.ts";
import { rejected } from "./views/rejected.ts";
import { scripts } from "./views/scripts.ts";
import { send } from "./views/send.ts";
import { tester } from "./views/tester.ts";
import { weather } from "./views/weather.ts";

const GROUPS: [string, View[]][] = [
  ["Try", [tester, send, list]],
  ["Watch", [feed, compare, rejected]],
  ["TikTok", [audiences, connect, weather]],
  ["Automate", [scripts]],
];
const VIEWS = GROUPS.flatMap(([, views]) => views);

const main = h("main", { id: "main", tabindex: "-1" });
const links = new Map<string, HTMLElement>();
const status = h("p", { class: "status", role: "status" });
const navigation = h("nav", { id: "navigation", "aria-label": "Views" }, GROUPS.map(([title, views]) => group(title, views)), h("div", { class: "foot" }, themeChooser(), status));
const menu = button([icon("menu"), "Menu"], () => toggle(!navigation.classList.contains("open")), {
  class: "menu quiet",
  "aria-expanded": "false",
  "aria-controls": "navigation",
});

function group(title: string, views: View[]): HTMLElement {
  const items = views.map((view) => {
    const link = h("a", { href: `#/${view.name}` }, view.title);
    links.set(view.name, link);
    return h("li", {}, link);
  });
  return h("div", { class: "group" }, h("h2", {}, title), h("ul", {}, items));
}

function toggle(isOpen: boolean): void {
  navigation.classList.toggle("open", isOpen);
  set(menu, "aria-expanded", String(isOpen));
}

function themeChooser(): HTMLElement {
  const themes: [string, string][] = [["", "System's theme"], ["light", "Light"], ["dark", "Dark"]];
  const options = themes.map(([value, words]) => h("option", { value, selected: value === document.documentElement.dataset["theme"] }, words));
  const select = h("select", { "aria-label": "Theme", onchange: () => choose(select.value) }, options);
  return h("label", { class: "theme" }, icon("theme"), select);
}

function choose(theme: string): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
  try {
    localStorage.setItem("tta.theme", theme);
  } catch {
    // The choice holds until the page is loaded again.
  }
  document.dispatchEvent(new Event("themechange"));
}

let leaving = new AbortController();

async function route(isFirst: boolean): Promise<void> {
  const [name = "", query = ""] = location.hash.replace(/^#\//, "").split("?");
  const view = VIEWS.find((known) => known.name === name) ?? tester;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  for (const [known, link] of links) set(link, "aria-current", known === view.name ? "page" : null);
  document.title = `${view.title} · TikTok Audiences sandbox`;
  toggle(false);
  const place = h("div", { class: `view ${view.name}` });
  replace(main, h("header", { class: "title" }, h("h1", {}, view.title), h("p", {}, view.about)), place);
  if (!isFirst) main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  try {
    const content = await view.show(signal, new URLSearchParams(query));
    if (!signal.aborted) replace(place, content);
  } catch (error) {
    if (!signal.aborted) replace(place, problem(error));
  }
  main.dataset["ready"] = view.name;
}

function showState(state: State): void {
  const ways = state.buffered ? "with the buffer queue" : "without a buffer queue";
  replace(status, h("span", { class: "dot good" }), `Connected, ${ways}`);
}

async function refresh(): Promise<void> {
  try {
    showState(await api.state());
  } catch {
    replace(status, h("span", { class: "dot bad" }), "The sandbox has gone");
  }
}

choose(localStorage.getItem("tta.theme") ?? "");
const brand = h("a", { class: "brand", href: "#/tester" }, h("img", { src: "/_page/icon.svg", alt: "", width: 28, height: 28 }), h("span", {}, "TikTok Audiences", h("small", {}, "sandbox")));
document.querySelector("#app")?.append(h("div", { class: "side" }, h("div", { class: "bar" }, brand, menu), navigation), main, noticePlace);
window.addEventListener("hashchange", () => void route(false));
on("connection", () => void refresh(), new AbortController().signal);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && navigation.classList.contains("open")) {
    toggle(false);
    menu.focus();
  }
});
listen();
void route(true);
