// Short news for everybody, screen readers included, and the questions that need an answer first.

import { Refused } from "../api.ts";
import { type Child, button, h, newId, replace } from "../dom.ts";

const polite = h("div", { class: "notice", role: "status", "aria-live": "polite" });
let clearing = 0;

/** The place where news appear. */
export const noticePlace = polite;

export function say(text: string): void {
  replace(polite, h("p", {}, text));
  clearTimeout(clearing);
  clearing = window.setTimeout(() => replace(polite), 6_000);
}

export function sayError(error: unknown): void {
  say(error instanceof Error ? error.message : "Something went wrong.");
}

/** An error in the place where something was expected. */
export function problem(error: unknown): HTMLElement {
  const words = error instanceof Refused || error instanceof Error ? error.message : "Something went wrong.";
  return h("p", { class: "problem", role: "alert" }, words);
}

interface Question {
  title: string;
  body: Child;
  yes: string;
  isDanger?: boolean;
  /** A text that has to be typed first. */
  confirm?: string;
}

/** Asks; true if the answer is yes. */
export function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const titleId = newId("question");
    const given = h("input", { type: "text", autocomplete: "off", "aria-label": `Type ${question.confirm ?? ""}` });
    const yes = h("button", { type: "submit", class: question.isDanger ? "danger" : "primary" }, question.yes);
    const close = (answer: boolean): void => {
      resolve(answer);
      dialog.close();
      dialog.remove();
    };
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          if (question.confirm === undefined || given.value === question.confirm) close(true);
          else say("What you typed is not the same.");
        },
      },
      h("h2", { id: titleId }, question.title),
      h("div", {}, question.body),
      question.confirm !== undefined && given,
      h("div", { class: "row end" }, button("Cancel", () => close(false)), yes),
    );
    const dialog = h("dialog", { "aria-labelledby": titleId, oncancel: () => close(false) }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}
