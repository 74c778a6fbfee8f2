// A JSON editor: CodeMirror with problems at their place and completion by a schema.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintKeymap, linter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Json, Problem } from "./api.ts";
import { completeBy } from "./schema.ts";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: "tok-key" },
  { tag: tags.string, class: "tok-string" },
  { tag: [tags.number, tags.bool, tags.null], class: "tok-atom" },
]);

const nonce = document.querySelector<HTMLMetaElement>('meta[name="nonce"]')?.content ?? "";

export interface Editor {
  view: EditorView;
  text(): string;
  setText(text: string): void;
  show(problems: Problem[]): void;
}

export interface Options {
  label: string;
  text: string;
  schema?: Json;
  /** Whether JSON itself is checked here; a configuration is checked by the function's own reader. */
  parses: boolean;
  onchange?: (text: string) => void;
}

/** An editor; Tab moves on as in any other field, so that nobody is caught in it. */
export function editor(options: Options): Editor {
  const extensions: Extension[] = [
    lineNumbers(),
    foldGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    json(),
    syntaxHighlighting(colours),
    EditorView.lineWrapping,
    EditorView.cspNonce.of(nonce),
    EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onchange?.(update.state.doc.toString());
    }),
  ];
  if (options.parses) extensions.push(linter(jsonParseLinter(), { delay: 400 }));
  if (options.schema !== undefined) {
    extensions.push(autocompletion({ override: [completeBy(options.schema)], icons: false }));
  }
  const view = new EditorView({ state: EditorState.create({ doc: options.text, extensions }) });
  return {
    view,
    text: () => view.state.doc.toString(),
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    show: (problems) => view.dispatch(setDiagnostics(view.state, problems.map((one) => diagnostic(one, view.state)))),
  };
}

function diagnostic(problem: Problem, state: EditorState): Diagnostic {
  const { line, column, width, severity, hint } = problem;
  const what = problem.path ? `${problem.path}: ${problem.message}` : problem.message;
  const message = hint === null ? what : `${what} (${hint})`;
  if (line === null || column === null || line < 1 || line > state.doc.lines) {
    return { from: 0, to: Math.min(1, state.doc.length), severity, message };
  }
  const at = state.doc.line(line);
  // The sandbox counts characters, the editor UTF-16 units.
  const units = (count: number): number => Array.from(at.text).slice(0, count).join("").length;
  const from = at.from + units(column - 1);
  const to = Math.max(Math.min(at.from + units(column - 1 + (width ?? 1)), at.to), from);
  return { from, to, severity, message };
}
