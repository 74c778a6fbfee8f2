// Builds elements without ever parsing HTML, so that no text of an event can become markup.

export type Child = Node | string | number | null | undefined | false | Child[];
type Value = string | number | boolean | null | undefined | ((event: Event) => void);
export type Attributes = Record<string, Value>;

/** An element with attributes and children; `on…` attributes are listeners, false and null leave one out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

export function set(element: Element, name: string, value: Value): void {
  if (typeof value === "function") {
    element.addEventListener(name.slice(2), value);
  } else if (value === false || value === null || value === undefined) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

export function append(parent: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child instanceof Node) parent.append(child);
    else if (child !== null && child !== undefined && child !== false) parent.append(String(child));
  }
}

/** Puts other children in the place of those that are there. */
export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

/**
 * The same for what is drawn again while somebody is in it: the focus stays where it was, and what is opened stays open.
 * `data-id` tells which part is which; where the part with the focus has gone, its surroundings get it.
 */
export function redraw(parent: HTMLElement, ...children: Child[]): void {
  const place = (element: Element, selector: string): string => {
    const part = element.closest("[data-id]") ?? parent;
    return `${part.getAttribute("data-id") ?? ""} ${[...part.querySelectorAll(selector)].indexOf(element)}`;
  };
  const active = document.activeElement;
  const focus = active && active !== parent && parent.contains(active) ? place(active, FOCUSABLE) : null;
  const open = new Map([...parent.querySelectorAll("details")].map((details) => [place(details, "details"), details.open]));
  replace(parent, ...children);
  for (const details of parent.querySelectorAll("details")) details.open = open.get(place(details, "details")) ?? details.open;
  if (focus === null) return;
  const again = [...parent.querySelectorAll<HTMLElement>(FOCUSABLE)].find((element) => place(element, FOCUSABLE) === focus);
  if (!again) parent.tabIndex = -1;
  (again ?? parent).focus({ preventScroll: true });
}

const PATHS: Record<string, string> = {
  check: "M4 12.500 9.500 18 20 6.500",
  cross: "M6 6l12 12M18 6 6 18",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.500 2",
  skip: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12h8",
  layers: "M12 3 3 8l9 5 9-5-9-5M3 13l9 5 9-5",
  inbox: "M4 13h4.500l1.500 3h4l1.500-3H20M4 13l3-8h10l3 8v6H4z",
  warning: "M12 3 2 20h20L12 3M12 10v4M12 17v.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  menu: "M4 6h16M4 12h16M4 18h16",
  eye: "M2 12s3.500-7 10-7 10 7 10 7-3.500 7-10 7-10-7-10-7M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  play: "M7 4v16l13-8z",
  pause: "M8 5v14M16 5v14",
  send: "M21 3 3 10l7 3 3 7 8-17M10 13l4-4",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  redo: "M20 5v5h-5M19.500 10A8 8 0 1 0 20 14",
  history: "M4 5v5h5M4.500 10A8 8 0 1 1 4 14M12 8v5l3 2",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  people: "M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M2.500 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 5.500a3.500 3.500 0 0 1 0 6M18 14.500c2 .8 3.200 2.600 3.500 5.500",
  plus: "M12 5v14M5 12h14",
};

/** A drawing beside words, hidden from screen readers. */
export function icon(name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name] ?? "");
  svg.append(path);
  return svg;
}

/** A button with words and perhaps an icon. */
export function button(words: Child, onclick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", onclick, ...attributes }, words);
}

let lastId = 0;

/** An id that nothing else on the page has. */
export function newId(prefix: string): string {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
