// An outcome by colour, icon and word, so that none of the three is needed to read it.

import { h, icon } from "../dom.ts";

interface Look {
  tone: string;
  drawing: string;
}

const LOOKS: Record<string, Look> = {
  delivered: { tone: "good", drawing: "check" },
  ok: { tone: "good", drawing: "check" },
  matched: { tone: "good", drawing: "check" },
  planned: { tone: "good", drawing: "check" },
  accepted: { tone: "info", drawing: "inbox" },
  superseded: { tone: "plain", drawing: "layers" },
  skipped: { tone: "plain", drawing: "skip" },
  "not matched": { tone: "plain", drawing: "skip" },
  disabled: { tone: "plain", drawing: "skip" },
  rejected: { tone: "bad", drawing: "cross" },
  failed: { tone: "bad", drawing: "cross" },
  retryable: { tone: "warn", drawing: "clock" },
};

export function badge(outcome: string, words = outcome): HTMLElement {
  const { tone, drawing } = LOOKS[outcome] ?? { tone: "plain", drawing: "skip" };
  return h("span", { class: `badge ${tone}` }, icon(drawing), words);
}

const ACTORS: Record<string, string> = {
  operator: "you can act: configuration, account or audience",
  sender: "the sender can act: the event's shape",
  person: "this person's data",
  none: "nobody has to act",
};

/** Who can do something about a reason, in words. */
export function actorWords(actor: string | undefined): string {
  return ACTORS[actor ?? ""] ?? "";
}
