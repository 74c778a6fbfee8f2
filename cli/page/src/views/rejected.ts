// Dead letters: by reason and who can act; sent again or discarded.

import { api, type DeadLetter } from "../api.ts";
import { button, h, icon, redraw, replace } from "../dom.ts";
import { keep } from "../live.ts";
import { actorWords } from "../parts/badge.ts";
import { code } from "../parts/code.ts";
import { count } from "../parts/format.ts";
import { ask, problem, say, sayError } from "../parts/notice.ts";
import { empty } from "../parts/pane.ts";
import { work } from "../store.ts";
import { go, type View } from "../view.ts";

const MOST_SHOWN = 20;

export const rejected: View = {
  name: "rejected",
  title: "Dead letters",
  about: "Events that can never be delivered as they are, in the dead-letter queue with the reason. Mend the cause, then send them again.",
  async show(until) {
    const place = h("div", { class: "stack" });
    const read = async (): Promise<void> => {
      try {
        const letters = await api.rejected();
        if (!until.aborted) redraw(place, letters.length === 0 ? nothing() : [actions(null, letters.length), groups(letters).map(groupView)]);
      } catch (error) {
        replace(place, problem(error));
      }
    };
    const redrive = async (reason: string | null): Promise<void> => {
      const { done } = await api.redrive(reason);
      say(`${count(done, "message")} sent again. What is rejected again comes back.`);
      await refresh();
    };
    const discard = async (reason: string | null, size: number): Promise<void> => {
      const isWanted = await ask({ title: `Discard ${count(size, "message")}?`, body: "They are gone for good: nobody has these events any more but their sender.", yes: "Discard", isDanger: true });
      if (!isWanted) return;
      const { done } = await api.discard(reason);
      say(`${count(done, "message")} discarded.`);
      await refresh();
    };
    const actions = (reason: string | null, size: number): HTMLElement =>
      h("div", { class: "row" }, button([icon("redo"), reason === null ? "Send all again" : "Send again"], () => void redrive(reason).catch(sayError), { class: reason === null ? "primary" : "" }), button([icon("trash"), reason === null ? "Discard all" : "Discard"], () => void discard(reason, size).catch(sayError), { class: "quiet" }));
    const groupView = ([reason, letters]: [string, DeadLetter[]]): HTMLElement =>
      h(
        "section",
        { class: "card", "data-id": reason },
        h("header", { class: "row" }, h("h2", {}, h("code", {}, reason)), h("strong", {}, count(letters.length, "message")), h("span", { class: "muted" }, actorWords(letters[0]?.actor)), h("span", { class: "spacer" }), actions(reason, letters.length)),
        letters.slice(0, MOST_SHOWN).map(letterView),
        letters.length > MOST_SHOWN && empty(`and ${letters.length - MOST_SHOWN} more`),
      );
    const refresh = await keep(read, ["letters"], 0, until);
    return place;
  },
};

const nothing = (): HTMLElement => h("div", { class: "empty" }, h("p", {}, "The dead-letter queue is empty."), h("p", { class: "muted" }, "An event that can never be delivered comes here, with the reason, before its sender hears of it."));

function groups(letters: DeadLetter[]): [string, DeadLetter[]][] {
  const grouped = new Map<string, DeadLetter[]>();
  for (const letter of letters) grouped.set(letter.reason, [...(grouped.get(letter.reason) ?? []), letter]);
  return [...grouped].sort(([, a], [, b]) => b.length - a.length);
}

function letterView(letter: DeadLetter): HTMLElement {
  const attributes = Object.entries(letter.attributes).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  const open = (): void => {
    work.event = letter.body;
    go("tester");
  };
  return h("details", { "data-id": letter.id }, h("summary", {}, letter.attributes["message"] ?? letter.id), h("dl", { class: "fields" }, attributes), code(letter.body, "message"), button("Open in the tester", open, { class: "link" }));
}
