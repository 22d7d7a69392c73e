import { describe, expect, it } from "vitest";
import type { NodeDoc, WorkflowDocument } from "./document";
import { removeParts, setField, setProperty } from "./edits";
import { churn, contextFor } from "./fixtures";
import { rebase, settle } from "./merge";
import { apply, type Change, type Operation } from "./operations";

const mine = (operation: Operation | null): Change[] => operation?.changes ?? [];

function theirs(edit: (context: ReturnType<typeof contextFor>) => Operation | null): WorkflowDocument {
  return apply(churn(), mine(edit(contextFor(churn()))));
}

const node = (document: WorkflowDocument, id: string): NodeDoc | undefined =>
  document.nodes.find((item) => item.id === id);

describe("rebase", () => {
  it("merges edits of different steps", () => {
    const other = theirs((context) => setField(context, "tag", "tag", "call"));
    const merged = rebase(other, mine(setField(contextFor(churn()), "score", "limit", 9)));
    expect(merged.conflicts).toEqual([]);
    expect(node(merged.document, "tag")?.config).toEqual({ tag: "call" });
    expect(node(merged.document, "score")?.config).toEqual({ limit: 9 });
  });

  it("merges edits of different fields of one step", () => {
    const other = theirs((context) => setProperty(context, "score", "label", "Rate"));
    const merged = rebase(other, mine(setField(contextFor(churn()), "score", "limit", 9)));
    expect(merged.conflicts).toEqual([]);
    expect(node(merged.document, "score")).toMatchObject({ label: "Rate", config: { limit: 9 } });
  });

  it("leaves the same field changed twice to a person", () => {
    const other = theirs((context) => setField(context, "score", "limit", 1));
    const merged = rebase(other, mine(setField(contextFor(churn()), "score", "limit", 9)));
    expect(merged.conflicts).toHaveLength(1);
    expect(node(merged.document, "score")?.config).toEqual({ limit: 1 });
    expect(
      node(
        settle(merged, () => true),
        "score",
      )?.config,
    ).toEqual({ limit: 9 });
    expect(settle(merged, () => false)).toEqual(other);
  });

  it("leaves a step removed here and changed there to a person, and drops edges to a removed one", () => {
    const other = theirs((context) => setField(context, "score", "limit", 1));
    const merged = rebase(other, mine(removeParts(contextFor(churn()), ["score"], [])));
    expect(merged.conflicts.map((conflict) => conflict.mine.id)).toEqual(["score"]);
    expect(settle(merged, () => true).edges).toEqual([]);
  });

  it("does nothing when both sides did the same", () => {
    const operation = setField(contextFor(churn()), "score", "limit", 9);
    const other = apply(churn(), mine(operation));
    expect(rebase(other, mine(operation))).toEqual({ document: other, conflicts: [] });
  });
});
