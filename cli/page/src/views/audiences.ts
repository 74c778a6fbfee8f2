// Audiences of the sandbox's ad account: state, size over time, members as shortened hashes; create and delete.

import { api, type Audience, type Members } from "../api.ts";
import { button, h, icon, newId, redraw, replace } from "../dom.ts";
import { keep } from "../live.ts";
import { badge } from "../parts/badge.ts";
import { chart } from "../parts/chart.ts";
import { day, number, shortHash } from "../parts/format.ts";
import { ask, problem, say, sayError } from "../parts/notice.ts";
import { empty } from "../parts/pane.ts";
import { table } from "../parts/table.ts";
import type { View } from "../view.ts";

export const audiences: View = {
  name: "audiences",
  title: "Audiences",
  about: "What TikTok holds for each ad account. Members are hashes; nobody can be read from them.",
  async show(until) {
    let all: Audience[] = [];
    let chosen: string | null = null;
    const list = h("div", { class: "stack" });
    const name = h("h2", {});
    const members = h("div", {});
    const size = chart("Identifiers over time", 220, until, true);
    const detail = h("section", { class: "card", "aria-label": "Chosen audience" }, name, size.element, members);

    const draw = (): void => redraw(list, accounts(all).map(([account, own]) => accountView(account, own)));
    const accountView = (account: string, own: Audience[]): HTMLElement =>
      h("section", {}, h("h2", {}, "Ad account ", h("code", {}, account)), table({
        caption: `Audiences of ad account ${account}`,
        rows: own,
        empty: empty("No audience yet."),
        rowAttributes: (row) => ({ "data-id": row.audience_id, class: row.audience_id === chosen ? "chosen" : "" }),
        columns: [
          { name: "Name", cell: (row) => [button(row.name || row.audience_id, () => void open(row.audience_id), { class: "link" }), h("small", { class: "muted" }, ` ${row.audience_id}`)] },
          { name: "Type", cell: (row) => row.audience_type },
          { name: "State", cell: (row) => stateBadge(row) },
          { name: "Expires", cell: (row) => (row.expires ? day(row.expires) : "–") },
          { name: "Identifiers", cell: (row) => number(row.members), isNumber: true },
          { name: "Delete", cell: (row) => row.condition !== "dead" && button([icon("trash"), h("span", { class: "hidden" }, `Delete ${row.name}`)], () => void remove(row).catch(sayError), { class: "quiet small", title: "Delete" }) },
        ],
      }));
    const open = async (id: string): Promise<void> => {
      chosen = id;
      // What was open of one audience says nothing of another.
      replace(members);
      draw();
      await showChosen();
    };
    const showChosen = async (): Promise<void> => {
      const audience = all.find((one) => one.audience_id === chosen);
      if (!audience) return replace(name, "No audience");
      replace(name, audience.name || audience.audience_id);
      size.show(audience.history);
      if (audience.condition === "dead") return replace(members, empty("It is deleted; its members are gone."));
      try {
        const found = await api.members(audience.audience_id);
        if (audience.audience_id === chosen) redraw(members, membersByColumn(found));
      } catch (error) {
        if (audience.audience_id === chosen) replace(members, problem(error));
      }
    };
    const read = async (): Promise<void> => {
      all = await api.audiences();
      chosen ??= all[0]?.audience_id ?? null;
      if (until.aborted) return;
      draw();
      await showChosen();
    };
    const remove = async (audience: Audience): Promise<void> => {
      const isWanted = await ask({ title: `Delete ${audience.name}?`, body: h("p", {}, "The function's operation deleteAudience runs. Type the audience's name to confirm."), yes: "Delete", isDanger: true, confirm: audience.name });
      if (!isWanted) return;
      await api.operate("deleteAudience", { advertiser_id: audience.advertiser_id, audience_id: audience.audience_id, confirm: audience.name });
      say("Deleted.");
      await refresh();
    };
    const id = newId("name");
    const given = h("input", { id, type: "text", required: true, autocomplete: "off", placeholder: "vip" });
    const create = async (): Promise<void> => {
      const { audience_id } = await api.operate<{ audience_id: string }>("createAudience", { name: given.value });
      say(`Created ${given.value}.`);
      given.value = "";
      chosen = audience_id;
      await refresh();
    };
    const form = h("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      void create().catch(sayError);
    } }, h("div", { class: "field inline" }, h("label", { for: id }, "New audience"), given), h("button", { type: "submit" }, icon("plus"), "Create"));

    const refresh = await keep(read, ["sizes"], 400, until);
    return h("div", { class: "split" }, h("div", { class: "stack" }, list, form), detail);
  },
};

function accounts(all: Audience[]): [string, Audience[]][] {
  const grouped = new Map<string, Audience[]>();
  for (const audience of all) grouped.set(audience.advertiser_id, [...(grouped.get(audience.advertiser_id) ?? []), audience]);
  return [...grouped];
}

function stateBadge(audience: Audience): HTMLElement {
  const words: Record<string, [string, string]> = {
    ready: ["ok", "ready"],
    busy: ["retryable", "busy"],
    expired: ["rejected", "expired"],
    dead: ["skipped", "deleted"],
  };
  const [look, text] = words[audience.condition] ?? ["skipped", audience.condition];
  return badge(look, text);
}

function membersByColumn(members: Members): HTMLElement {
  const columns = Object.entries(members.columns);
  if (columns.length === 0) return empty("No identifiers yet.");
  const parts = columns.map(([column, { count, hashes }]) =>
    h("details", { "data-id": column, open: count <= 20 }, h("summary", {}, `${column}: ${number(count)}`), h("ul", { class: "cells" }, hashes.map((hash) => h("li", {}, h("code", {}, shortHash(hash))))), count > hashes.length && empty(`and ${number(count - hashes.length)} more`)),
  );
  return h("div", {}, h("h3", {}, "By column"), parts);
}
