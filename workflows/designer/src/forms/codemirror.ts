// A small CodeMirror for one expression: highlighting, completion, and a mark where an error is.
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  closeBrackets,
} from "@codemirror/autocomplete";
import { defaultKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from "@codemirror/language";
import { Annotation, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Suggestion } from "../model/expressions";
import { completionsAt, FUNCTIONS, isInExpression, type Offered, openPath } from "../model/completion";
import { pageNonce } from "../nonce";

export interface ExpressionView {
  setText(text: string): void;
  setError(position: number | null): void;
  destroy(): void;
}

interface Options {
  id: string;
  label: string;
  text: string;
  /** Text with expressions between double braces. */
  isTemplate: boolean;
  isReadOnly: boolean;
  onChange: (text: string) => void;
  suggestions: () => Suggestion[];
  /** The parts of the value that a path has in real data. */
  keysOf: (path: string) => Promise<{ name: string; kind: string }[]>;
}

const KEYWORDS = new Set(["true", "false", "null", "in"]);

function expressionToken(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^(["'])(?:\\.|(?!\1).)*\1?/)) return "string";
  if (stream.match(/^\d+(\.\d+)?/)) return "number";
  const word = stream.match(/^[A-Za-z_]\w*/);
  if (Array.isArray(word)) {
    if (KEYWORDS.has(word[0])) return "keyword";
    return FUNCTIONS.some((item) => item.name === word[0]) && stream.peek() === "("
      ? "function"
      : "variableName";
  }
  stream.next();
  return "operator";
}

const tokenTable = { function: tags.function(tags.variableName) };
const expressions = StreamLanguage.define({ token: expressionToken, tokenTable });

const templates = StreamLanguage.define<{ isInside: boolean }>({
  startState: () => ({ isInside: false }),
  token(stream, state) {
    if (stream.match(state.isInside ? "}}" : "{{")) {
      state.isInside = !state.isInside;
      return "operator";
    }
    if (state.isInside) return expressionToken(stream);
    stream.next();
    return null;
  },
  tokenTable,
});

const highlighting = HighlightStyle.define([
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: tags.keyword, color: "var(--accent)" },
  { tag: tags.function(tags.variableName), color: "var(--info)" },
  { tag: tags.operator, color: "var(--muted)" },
]);

const fromOutside = Annotation.define<boolean>();
const markError = StateEffect.define<number | null>();
const errorMark = Decoration.mark({ class: "cm-wrong" });

const errorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(markError)) continue;
      const length = transaction.state.doc.length;
      if (effect.value === null || length === 0) return Decoration.none;
      const from = Math.max(0, Math.min(effect.value, length - 1));
      return Decoration.set([errorMark.range(from, length)]);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function createEditor(parent: HTMLElement, options: Options): ExpressionView {
  const view = new EditorView({
    parent,
    state: EditorState.create({ doc: options.text, extensions: extensionsOf(options) }),
  });
  return {
    setText(text) {
      const current = view.state.doc.toString();
      if (text !== current)
        view.dispatch({
          changes: { from: 0, to: current.length, insert: text },
          annotations: fromOutside.of(true),
        });
    },
    setError: (position) => view.dispatch({ effects: markError.of(position) }),
    destroy: () => view.destroy(),
  };
}

function extensionsOf(options: Options) {
  return [
    options.isTemplate ? templates : expressions,
    syntaxHighlighting(highlighting),
    closeBrackets(),
    autocompletion({ override: [(context) => complete(context, options)], icons: false }),
    // Undo belongs to the designer's own history, so no history here.
    keymap.of([...completionKeymap, ...defaultKeymap]),
    EditorView.lineWrapping,
    EditorView.cspNonce.of(pageNonce()),
    EditorState.readOnly.of(options.isReadOnly),
    EditorView.contentAttributes.of({ id: options.id, "aria-label": options.label, spellcheck: "false" }),
    errorField,
    EditorView.updateListener.of((update) => {
      if (update.docChanged && update.transactions.every((item) => item.annotation(fromOutside) !== true)) {
        options.onChange(update.state.doc.toString());
      }
    }),
  ];
}

async function complete(context: CompletionContext, options: Options): Promise<CompletionResult | null> {
  const before = context.matchBefore(/[\w.]*$/);
  const written = context.state.sliceDoc(0, context.pos);
  if (!before || (options.isTemplate && !isInExpression(written))) return null;
  const hasBegun = options.isTemplate && written.trimEnd().endsWith("{{");
  if (before.from === before.to && !context.explicit && !hasBegun) return null;
  const path = openPath(before.text);
  const sampled = path ? await options.keysOf(path) : [];
  const { prefix, offered } = completionsAt(before.text, options.suggestions(), sampled);
  return { from: before.from + prefix.length, options: offered.map(asCompletion), validFor: /^\w*$/ };
}

function asCompletion(offered: Offered): Completion {
  return {
    label: offered.name,
    detail: offered.detail,
    type: offered.isFunction ? "function" : "variable",
    apply: offered.isFunction ? `${offered.name}(` : offered.name,
  };
}
