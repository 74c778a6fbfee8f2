// Connect: OAuth from the link to the stored token, with the sandbox's consent page in TikTok's place.

import { api, type Json } from "../api.ts";
import { button, h, icon, replace } from "../dom.ts";
import { badge } from "../parts/badge.ts";
import { plain } from "../parts/code.ts";
import { problem, sayError } from "../parts/notice.ts";
import { table } from "../parts/table.ts";
import type { View } from "../view.ts";

interface CheckLine {
  status: string;
  item: string;
  message: string;
  remedy: string | null;
}

export const connect: View = {
  name: "connect",
  title: "Connect",
  about: "How an advertiser agrees: a link, TikTok's consent page, and back with a code that becomes the token in the secret.",
  async show() {
    const state = await api.state();
    const link = h("div", {});
    const checked = h("div", { "aria-live": "polite" });
    const redirect = `${state.function_url}/oauth/callback`;
    const authorize = async (): Promise<void> => {
      const { url } = await api.operate<{ url: string }>("authorizeUrl", { redirect_uri: redirect });
      replace(link, h("p", {}, h("a", { class: "button primary", href: url, target: "_blank", rel: "noopener" }, "Open the consent page"), h("span", { class: "muted" }, " in a new tab; the link is good for 10 minutes")));
    };
    const check = async (): Promise<void> => {
      try {
        replace(checked, checkView(await api.operate<{ [key: string]: Json }>("check")));
      } catch (error) {
        replace(checked, problem(error));
      }
    };
    const command = `aws lambda invoke --function-name CONTROL_FUNCTION --cli-binary-format raw-in-base64-out \\\n  --payload '{"operation":"authorizeUrl","redirect_uri":"https://YOUR_API/oauth/callback"}' /dev/stdout`;
    return h(
      "ol",
      { class: "steps" },
      step("State", h("p", {}, state.connected ? badge("ok", "connected") : badge("retryable", "not connected"), state.connected ? " The secret holds a token." : " The secret holds no token yet.")),
      step("Ask", h("p", {}, "The operation authorizeUrl makes a signed link for the advertiser."), button([icon("link"), "Make the link"], () => void authorize().catch(sayError), { class: "primary" }), link),
      step("Agree", h("p", {}, "On the consent page the advertiser picks ad accounts and permissions. Leave one out to see what the function says of it; its result page names what is missing.")),
      step("Check", h("p", {}, "The operation check asks TikTok what the token is good for."), button("Check", () => void check(), {}), checked),
      step("On AWS", h("p", {}, "The same with your own function:"), plain(command, "command")),
    );
  },
};

function step(title: string, ...content: Node[]): HTMLElement {
  return h("li", {}, h("h2", {}, title), content);
}

function checkView(reply: { [key: string]: Json }): HTMLElement {
  const lines = Object.values(reply).find((value) => Array.isArray(value)) as unknown as CheckLine[] | undefined;
  const looks: Record<string, string> = { ok: "ok", warning: "retryable", error: "rejected", failed: "rejected" };
  return table({
    caption: "What the check found",
    rows: lines ?? [],
    empty: "The check said nothing.",
    columns: [
      { name: "Status", cell: (line) => badge(looks[line.status] ?? "skipped", line.status) },
      { name: "Item", cell: (line) => line.item },
      { name: "Meaning", cell: (line) => line.message },
      { name: "Remedy", cell: (line) => line.remedy ?? "" },
    ],
  });
}
