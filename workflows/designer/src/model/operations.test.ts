import { describe, expect, it } from "vitest";
import { copySteps, pasteSteps } from "./clipboard";
import { removeParts, setField } from "./edits";
import { churn, contextFor } from "./fixtures";
import { EMPTY_HISTORY, redo, remember, undo } from "./history";
import { apply, difference, Editor, invert, type Operation, squash } from "./operations";

function operations(): Operation[] {
  const context = contextFor(churn());
  const clip = copySteps(context.document, new Set(["score", "each"]), context.places);
  const renaming = new Editor(context.document);
  renaming.set("name", "Other");
  renaming.set("sample_input", { a: 1 });
  renaming.place("start", null);
  return [
    removeParts(context, ["score"], []),
    removeParts(context, ["start", "each"], []),
    removeParts(context, [], [{ from: "start", to: "score" }]),
    setField(context, "score", "limit", 5),
    clip && pasteSteps(context.document, clip).operation,
    renaming.operation("Rename"),
  ].filter((operation) => operation !== null);
}

describe("operations", () => {
  it.each(operations().map((operation) => [operation.label, operation] as const))(
    "inverts: %s",
    (_label, operation) => {
      const after = apply(churn(), operation.changes);
      expect(after).not.toEqual(churn());
      expect(apply(after, invert(operation).changes)).toEqual(churn());
    },
  );

  it("tells the difference between two documents as changes that lead from one to the other", () => {
    const after = operations().reduce((document, operation) => apply(document, operation.changes), churn());
    const result = apply(churn(), difference(churn(), after));
    expect({ ...result, nodes: undefined, edges: undefined }).toEqual({
      ...after,
      nodes: undefined,
      edges: undefined,
    });
    expect(new Set(result.nodes)).toEqual(new Set(after.nodes));
    expect(new Set(result.edges)).toEqual(new Set(after.edges));
  });

  it("squashes changes of one entity into one, and a change taken back into none", () => {
    const first = setField(contextFor(churn()), "score", "limit", 4);
    const second = setField(contextFor(apply(churn(), first?.changes ?? [])), "score", "limit", 3);
    expect(squash(first?.changes ?? [])).toHaveLength(1);
    expect(squash([...(first?.changes ?? []), ...(second?.changes ?? [])])).toEqual([]);
  });
});

describe("history", () => {
  const typed = (value: number) => setField(contextFor(churn()), "score", "limit", value) as Operation;

  it("undoes and redoes", () => {
    const operation = typed(9);
    const changed = apply(churn(), operation.changes);
    const back = undo(changed, remember(EMPTY_HISTORY, operation, 0));
    expect(back?.document).toEqual(churn());
    const again = back && redo(back.document, back.history);
    expect(again?.document).toEqual(changed);
    expect(again?.history.undone).toEqual([]);
  });

  it("keeps what is typed into one field within a moment as one entry", () => {
    const history = remember(remember(EMPTY_HISTORY, typed(4), 0), typed(5), 500);
    expect(history.done).toHaveLength(1);
    expect(remember(history, typed(6), 10_000).done).toHaveLength(2);
  });

  it("forgets what was undone when something new is done", () => {
    const back = undo(apply(churn(), typed(9).changes), remember(EMPTY_HISTORY, typed(9), 0));
    expect(remember(back?.history ?? EMPTY_HISTORY, typed(5), 0).undone).toEqual([]);
  });
});
