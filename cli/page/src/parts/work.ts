// The event under work: choose one of events/, take one from before, share, copy.

import { api } from "../api.ts";
import { button, h, icon, newId, replace } from "../dom.ts";
import { laidOut } from "../layout.ts";
import { forgetHistory, history, pack } from "../store.ts";
import { ask, say, sayError } from "./notice.ts";
import { clockTime, day } from "./format.ts";

/** The event that a first visit begins with. */
const FIRST = "direct_audience_entered.json";

export async function firstEvent(): Promise<string> {
  const examples = await api.examples();
  const name = examples.some((one) => one.name === FIRST) ? FIRST : examples[0]?.name;
  return name === undefined ? "{}" : api.example(name);
}

/** A list of the events in events/. */
export function exampleChooser(take: (text: string) => void): HTMLElement {
  const id = newId("example");
  const select = h("select", { id });
  const load = async (): Promise<void> => {
    if (select.value) take(await api.example(select.value));
    select.value = "";
  };
  select.addEventListener("change", () => void load().catch(sayError));
  api.examples().then((examples) => {
    const groups = new Map<string, HTMLElement>();
    for (const { name, described } of examples) {
      const group = name.split("_")[0] ?? "";
      const into = groups.get(group) ?? h("optgroup", { label: group });
      groups.set(group, into);
      into.append(h("option", { value: name, title: described }, name.replace(/\.json$/, "").slice(group.length + 1).replaceAll("_", " ")));
    }
    replace(select, h("option", { value: "" }, "Choose an example…"), [...groups.values()]);
  }, sayError);
  return h("div", { class: "chooser" }, h("label", { for: id, class: "hidden" }, "Example event"), select);
}

/** What was tried before, newest first. */
export function historyButton(take: (event: string, config: string) => void): HTMLElement {
  const open = (): void => {
    const titleId = newId("history");
    const close = (): void => {
      dialog.close();
      dialog.remove();
    };
    const items = history().map((one) =>
      h("li", {}, button([h("strong", {}, one.title), h("span", { class: "muted" }, `${day(one.time)}, ${clockTime(one.time)}`)], () => {
        take(one.event, one.config);
        close();
      }, { class: "remembered" })),
    );
    const clear = button([icon("trash"), "Forget all"], () => {
      forgetHistory();
      close();
      say("Nothing is remembered any more.");
    }, { class: "quiet" });
    const dialog = h(
      "dialog",
      { "aria-labelledby": titleId, oncancel: close },
      h("h2", { id: titleId }, "What you tried before"),
      h("p", { class: "muted" }, "Kept in this browser only, the last 20. It holds the events as they were, so forget them if they were real people's."),
      items.length > 0 ? h("ul", { class: "plain" }, items) : h("p", {}, "Nothing yet."),
      h("div", { class: "row end" }, items.length > 0 && clear, button("Close", close, { class: "primary" })),
    );
    document.body.append(dialog);
    dialog.showModal();
  };
  return button([icon("history"), "History"], open, { class: "quiet" });
}

/** A link that holds everything, after a warning. */
export function shareButton(content: () => { event: string; config: string }): HTMLElement {
  const share = async (): Promise<void> => {
    const isWanted = await ask({
      title: "Copy a link with everything in it?",
      body: h(
        "div",
        {},
        h("p", {}, "The link holds the event and the configuration in full. Whoever has the link can read them: emails, phone numbers and ids in the event are ", h("strong", {}, "personal data"), "."),
        h("p", {}, "They are in the part behind the #, which browsers do not send to servers; chats, tickets and browser histories keep it."),
      ),
      yes: "Copy the link",
    });
    if (!isWanted) return;
    const { event, config } = content();
    const url = new URL(location.href);
    url.hash = `#/tester?share=${await pack(event, config)}`;
    await navigator.clipboard.writeText(url.href);
    say("The link is copied.");
  };
  return button([icon("link"), "Share"], () => void share().catch(sayError), { class: "quiet" });
}

/** A button that lays the text out. */
export function layoutButton(read: () => string, write: (text: string) => void): HTMLElement {
  return button("Format", () => write(laidOut(read())), { class: "quiet" });
}
