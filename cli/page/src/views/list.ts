// A list dropped in: looked through first, delivered with progress then.

import { api, type ListOrder, type ListPreview } from "../api.ts";
import { button, type Child, h, icon, newId, redraw, replace, set } from "../dom.ts";
import { follow } from "../live.ts";
import { badge } from "../parts/badge.ts";
import { count, number, tally } from "../parts/format.ts";
import { problem, sayError } from "../parts/notice.ts";
import { empty } from "../parts/pane.ts";
import { table } from "../parts/table.ts";
import type { View } from "../view.ts";

const COLUMNS = ["email", "phone", "idfa", "aaid", "country"];
const SAMPLE = "E-Mail Address,Mobile,Country\njane@example.com,+1 202 555 0143,US\njohn.doe@example.com,(202) 555-0199,US\nnobody,,US\njane@example.com,+1 202 555 0143,US\n";
const MOST_BYTES = 20_000_000;

export const list: View = {
  name: "list",
  title: "List",
  about: "A file of people becomes an audience. It is read here and looked through first; nothing is sent before you say so.",
  async show(until) {
    let text = "";
    let columns: Record<string, string> | null = null;
    const file = h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", id: newId("file"), class: "hidden-input" });
    const found = h("div", { class: "stack", "aria-live": "polite" });
    const progress = h("progress", { max: 1, value: 0, "aria-label": "Rows delivered", hidden: true });
    const words = h("p", { role: "status" });
    const audience = field("Audience", h("input", { type: "text", value: "my_list", autocomplete: "off" }));
    const country = field("Country of numbers without a code", h("input", { type: "text", value: "", maxlength: 2, size: 4, placeholder: "US", autocomplete: "off" }));
    const action = field("Action", h("select", {}, h("option", { value: "add" }, "add to it"), h("option", { value: "remove" }, "remove from it")));

    const order = (): ListOrder => ({ text, action: action.input.value, audience_name: audience.input.value, country: country.input.value.toUpperCase(), columns });
    const look = async (): Promise<void> => {
      try {
        const preview = await api.previewList(order());
        columns = preview.columns;
        if (!until.aborted) redraw(found, previewView(preview));
        set(deliver, "disabled", preview.usable === 0);
      } catch (error) {
        replace(found, problem(error));
        set(deliver, "disabled", true);
      }
    };
    const take = async (given: File): Promise<void> => {
      if (given.size > MOST_BYTES) throw new Error("The file is larger than 20 MB; tta list takes files of any size.");
      text = await given.text();
      columns = null;
      replace(name, `${given.name}, ${number(given.size)} bytes`);
      await look();
    };
    const previewView = (preview: ListPreview): HTMLElement => {
      const chooser = COLUMNS.map((column) => {
        const one = field(column, h("select", {}, h("option", { value: "" }, "–"), preview.headers.map((header) => h("option", { value: header, selected: preview.columns[column] === header }, header))));
        one.input.addEventListener("change", () => {
          const { [column]: _dropped, ...rest } = preview.columns;
          columns = one.input.value ? { ...rest, [column]: one.input.value } : rest;
          void look();
        });
        return one.element;
      });
      return h(
        "section",
        { class: "card" },
        h("h2", {}, "Looked through"),
        h("div", { class: "row" }, chooser),
        preview.problem === undefined ? verdict(preview) : problem(new Error(preview.problem)),
        preview.rejected_rows.length > 0 && table({ caption: "Rows that cannot go", rows: preview.rejected_rows.slice(0, 50), empty: "", columns: [{ name: "Row", cell: (row) => number(row.row), isNumber: true }, { name: "Reason", cell: (row) => h("code", {}, row.code) }] }),
      );
    };
    const run = async (): Promise<void> => {
      set(progress, "hidden", null);
      await api.deliverList(order());
    };
    const deliver = button([icon("send"), "Deliver"], () => void run().catch(sayError), { class: "primary", disabled: true });
    await follow("load", async () => (progress.hidden ? null : (await api.state()).load), (load) => {
      if (progress.hidden) return;
      set(progress, "max", load.people);
      progress.value = load.sent;
      const end = load.outcomes.delivered ? ". Done." : ". Nothing was delivered.";
      replace(words, `${number(load.sent)} of ${count(load.people, "row")}: ${tally(load.outcomes)}`, load.running ? "" : end);
    }, until);

    const name = h("p", { class: "muted" }, "or drop it here");
    const zone = h("div", { class: "drop" }, icon("inbox"), h("label", { for: file.id, class: "button" }, "Choose a file"), file, name, button("Use a small sample", () => void take(new File([SAMPLE], "sample.csv")).catch(sayError), { class: "link" }));
    file.addEventListener("change", () => {
      const given = file.files?.[0];
      if (given) void take(given).catch(sayError);
    });
    for (const kind of ["dragover", "dragleave", "drop"] as const) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.toggle("over", kind === "dragover");
        const given = event.dataTransfer?.files[0];
        if (kind === "drop" && given) void take(given).catch(sayError);
      });
    }
    [audience, country, action].forEach((one) => one.input.addEventListener("change", () => text && void look()));
    return h("div", { class: "stack" }, zone, h("div", { class: "row" }, audience.element, action.element, country.element), found, h("div", { class: "row" }, deliver), progress, words, empty("On AWS the same batches come from a file in S3 by the list's state machine; tta list does it from the command line."));
  },
};

function verdict(preview: ListPreview): Child[] {
  const counts: [string, number, string][] = [
    ["usable", preview.usable, "ok"],
    ["not usable", preview.rows - preview.usable, preview.rows > preview.usable ? "rejected" : "skipped"],
    ["duplicates", preview.duplicates, "superseded"],
  ];
  return [
    h("p", { class: "verdict" }, h("strong", {}, count(preview.rows, "row")), ": ", counts.map(([noun, size, look]) => [badge(look, `${number(size)} ${noun}`), " "])),
    Object.keys(preview.left_out).length > 0 && h("p", { class: "muted" }, `Left out of rows that go: ${tally(preview.left_out)}`),
  ];
}

function field<Input extends HTMLInputElement | HTMLSelectElement>(label: string, input: Input): { element: HTMLElement; input: Input } {
  input.id = newId("field");
  return { element: h("div", { class: "field" }, h("label", { for: input.id }, label), input), input };
}
