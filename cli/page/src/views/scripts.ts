// Scripts: everything that the page does is JSON under /_sandbox/, so that a CI can assert on it.

import { api, type Route } from "../api.ts";
import { h } from "../dom.ts";
import { plain } from "../parts/code.ts";
import type { View } from "../view.ts";
import { quoted } from "./copies.ts";

export const scripts: View = {
  name: "scripts",
  title: "Scripts",
  about: "Everything on this page is JSON under /_sandbox/. Start tta serve in your CI, send your events, and assert on what became of them.",
  async show() {
    const [{ routes }, state] = await Promise.all([api.routes(), api.state()]);
    return h(
      "div",
      { class: "stack" },
      plain(ciExample(state.function_url), "example for a CI"),
      routes.map((route) => routeView(route, state.function_url)),
    );
  },
};

function routeView(route: Route, origin: string): HTMLElement {
  const body = route.example === null ? "" : ` -d ${quoted(JSON.stringify(route.example))}`;
  const type = body ? " -H 'content-type: application/json'" : "";
  const method = route.method === "GET" ? "" : ` -X ${route.method}`;
  return h("details", { class: "route" }, h("summary", {}, h("span", { class: "method" }, route.method), " ", h("code", {}, route.path), h("span", { class: "muted" }, ` ${route.does}`)), plain(`curl -s${method}${type}${body} ${quoted(origin + route.path)}`, `command for ${route.path}`));
}

function ciExample(origin: string): string {
  return [
    "tta serve --config config/destination.json & sleep 1",
    `curl -s -X POST -H 'content-type: application/json' \\`,
    `  -d '{"payload": '"$(jq -Rs . < events/direct_audience_entered.json)"'}' \\`,
    `  ${quoted(`${origin}/_sandbox/send`)} | jq -e '.outcome == "delivered"'`,
  ].join("\n");
}
