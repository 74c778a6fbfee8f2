// Completion of destination.json out of its JSON Schema: the keys and values that fit at the cursor.

import { type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { SyntaxNode } from "@lezer/common";
import type { Json } from "./api.ts";

type Schema = { [key: string]: Json };

const isObject = (value: Json | undefined): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Completes by a schema; knows nothing else of the file. */
export function completeBy(root: Json): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const node = syntaxTree(context.state).resolveInner(context.pos, -1);
    const place = placeOf(node, context.state);
    if (place === null) return null;
    const schemas = descend(root, place.path);
    const options = place.isKey ? keys(root, schemas, place) : values(schemas);
    if (options.length === 0 || (!context.explicit && !place.isTyping)) return null;
    return { from: place.from, to: place.to ?? context.pos, options, validFor: /^"?[\w$-]*"?$/ };
  };
}

interface Place {
  path: string[];
  isKey: boolean;
  /** Whether a letter or quote has been typed already. */
  isTyping: boolean;
  from: number;
  to?: number;
  /** Keys that the object has already. */
  taken: Set<string>;
  hasValue: boolean;
}

function placeOf(node: SyntaxNode, state: EditorState): Place | null {
  const text = (of: SyntaxNode): string => state.sliceDoc(of.from, of.to);
  const typing = { isTyping: true, from: node.from, to: node.to };
  if (node.name === "PropertyName") {
    const object = node.parent?.parent;
    if (!object) return null;
    const hasValue = node.parent?.lastChild !== node && node.parent?.lastChild?.name !== "⚠";
    return { path: pathOf(object, state), isKey: true, taken: takenIn(object, text, node), hasValue, ...typing };
  }
  const none = { taken: new Set<string>(), hasValue: false };
  const isValue = ["String", "True", "False", "Null", "Number"].includes(node.name);
  if (isValue) return { path: pathOf(node, state), isKey: false, ...none, ...typing };
  const cursor = state.selection.main.head;
  const untyped = { isTyping: false, from: cursor };
  if (node.name === "Property") return { path: pathOf(node, state), isKey: false, ...none, ...untyped };
  if (node.name === "{" || node.name === "Object" || node.name === ",") {
    const object = node.name === "Object" ? node : node.parent;
    if (!object || object.name !== "Object") return null;
    return { path: pathOf(object, state), isKey: true, taken: takenIn(object, text, null), hasValue: false, ...untyped };
  }
  if (node.name === "⚠" && node.parent) return placeOf(node.parent, state);
  return null;
}

function takenIn(object: SyntaxNode, text: (of: SyntaxNode) => string, except: SyntaxNode | null): Set<string> {
  const taken = new Set<string>();
  for (const property of object.getChildren("Property")) {
    const name = property.getChild("PropertyName");
    if (name && name.from !== except?.from) taken.add(unquoted(text(name)));
  }
  return taken;
}

/** The way from the root: names of members, `*` for the elements of an array. */
function pathOf(node: SyntaxNode, state: EditorState): string[] {
  const path: string[] = [];
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    if (at.name === "Property") {
      const name = at.getChild("PropertyName");
      if (name) path.unshift(unquoted(state.sliceDoc(name.from, name.to)));
    } else if (at.parent?.name === "Array") {
      path.unshift("*");
    }
  }
  return path;
}

const unquoted = (text: string): string => text.replaceAll('"', "");

/** Every schema that the value at this path may have. */
function descend(root: Json, path: string[]): Schema[] {
  let schemas = alternatives(root, root);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => {
      if (step === "*") return alternatives(root, schema["items"]);
      const properties = schema["properties"];
      const own = isObject(properties) ? properties[step] : undefined;
      return alternatives(root, own ?? schema["additionalProperties"]);
    });
  }
  return schemas;
}

function alternatives(root: Json, schema: Json | undefined, depth = 0): Schema[] {
  if (!isObject(schema) || depth > 20) return [];
  const reference = schema["$ref"];
  const found: Schema[] = typeof reference === "string" ? alternatives(root, follow(root, reference), depth + 1) : [];
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const list = schema[word];
    if (Array.isArray(list)) found.push(...list.flatMap((one) => alternatives(root, one, depth + 1)));
  }
  for (const word of ["then", "else"]) found.push(...alternatives(root, schema[word], depth + 1));
  return [schema, ...found];
}

function follow(root: Json, reference: string): Json | undefined {
  const steps = reference.replace(/^#\/?/, "").split("/").filter(Boolean);
  let at: Json | undefined = root;
  for (const step of steps) at = isObject(at) ? at[step] : undefined;
  return at;
}

const described = (schema: Json | undefined): string =>
  isObject(schema) && typeof schema["description"] === "string" ? schema["description"] : "";

function keys(root: Json, schemas: Schema[], place: Place): Completion[] {
  const options = new Map<string, Completion>();
  for (const schema of schemas) {
    const properties = schema["properties"];
    if (!isObject(properties)) continue;
    for (const [name, of] of Object.entries(properties)) {
      if (place.taken.has(name) || options.has(name)) continue;
      const info = described(of) || alternatives(root, of).map(described).find(Boolean) || "";
      const apply = place.hasValue ? `"${name}"` : `"${name}": `;
      options.set(name, { label: `"${name}"`, displayLabel: name, apply, type: "property", ...(info ? { info } : {}) });
    }
  }
  return [...options.values()];
}

function values(schemas: Schema[]): Completion[] {
  const options = new Map<string, Completion>();
  const offer = (value: Json, schema: Schema): void => {
    const label = JSON.stringify(value);
    const info = described(schema);
    if (!options.has(label)) options.set(label, { label, type: "constant", ...(info ? { info } : {}) });
  };
  for (const schema of schemas) {
    const list = schema["enum"];
    if (Array.isArray(list)) for (const value of list) offer(value, schema);
    if (schema["const"] !== undefined) offer(schema["const"] as Json, schema);
    if (schema["type"] === "boolean") [true, false].forEach((value) => offer(value, schema));
    if (schema["default"] !== undefined && schema["type"] !== "object") offer(schema["default"] as Json, schema);
  }
  return [...options.values()];
}
