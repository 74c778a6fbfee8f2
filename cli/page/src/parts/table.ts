// Tables that become cards on a narrow screen: each cell knows the name of its column.

import { type Child, h } from "../dom.ts";

export interface Column<Row> {
  name: string;
  cell: (row: Row) => Child;
  isNumber?: boolean;
}

export interface TableOptions<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  empty: Child;
  rowAttributes?: (row: Row) => Record<string, string | boolean>;
}

export function table<Row>(options: TableOptions<Row>): HTMLElement {
  if (options.rows.length === 0) return h("div", { class: "empty" }, options.empty);
  const heads = options.columns.map((column) => h("th", { scope: "col", class: column.isNumber && "number", "data-name": column.name }, column.name));
  const rows = options.rows.map((row) => tableRow(options.columns, row, options.rowAttributes?.(row) ?? {}));
  const content = h("table", {}, h("caption", { class: "hidden" }, options.caption), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": options.caption }, content);
}

export function tableRow<Row>(columns: Column<Row>[], row: Row, attributes: Record<string, string | boolean> = {}): HTMLElement {
  const cells = columns.map((column) => h("td", { class: column.isNumber && "number", "data-name": column.name }, h("div", {}, column.cell(row))));
  return h("tr", attributes, cells);
}
