import { describe, expect, it } from "vitest";
import { copySteps, pasteSteps } from "./clipboard";
import { findNode, upstream, type WorkflowDocument } from "./document";
import { addUndo, canConnect, mayBeUndone, moveSteps, moveToLevel, removeParts } from "./edits";
import { churn, contextFor, TYPES, typeOf } from "./fixtures";
import { placesOf } from "./geometry";
import { tidyPlaces } from "./layout";
import { apply, invert, type Operation } from "./operations";
import { portsOf } from "./steptypes";

function paired(): WorkflowDocument {
  return apply(churn(), addUndo(contextFor(churn()), typeOf("tag"), "score")?.operation.changes ?? []);
}

const after = (operation: Operation | null) => apply(paired(), operation?.changes ?? []);

describe("undo steps", () => {
  it("stand under the step that they take back, without ports and without edges", () => {
    const undo = findNode(paired(), "tag_2");
    expect(undo?.undoes).toBe("score");
    expect(paired().layout?.tag_2).toEqual({ x: 264, y: 104 });
    expect(undo && portsOf(typeOf("tag"), undo)).toEqual([]);
    expect(canConnect(paired(), TYPES, "score", "tag_2")).toBe(false);
    expect(canConnect(paired(), TYPES, "tag_2", "each")).toBe(false);
  });

  it("are offered once for a step at the top, never for triggers, bodies and undo steps", () => {
    const may = (document: WorkflowDocument, id: string) => {
      const node = findNode(document, id);
      return node && mayBeUndone(document, TYPES, node);
    };
    expect(["start", "score", "each", "tag"].map((id) => may(churn(), id))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(["score", "tag_2"].map((id) => may(paired(), id))).toEqual([false, false]);
    expect(addUndo(contextFor(churn()), typeOf("map"), "score")).toBeNull();
  });

  it("read what the step gave that they take back, and what stands before it", () => {
    expect(upstream(paired(), "tag_2")).toEqual(["start", "score"]);
  });

  it("go with their step when it is deleted, and come back with it", () => {
    const operation = removeParts(contextFor(paired()), ["score"], []);
    expect(after(operation).nodes.map((node) => node.id)).toEqual(["start", "each", "tag"]);
    const again = apply(after(operation), operation ? invert(operation).changes : []);
    expect(again).toEqual(paired());
  });

  it("are copied with their step; pasted alone they are steps like any other", () => {
    const clip = copySteps(paired(), new Set(["score"]), paired().layout ?? {});
    const both = clip && apply(paired(), pasteSteps(paired(), clip).operation.changes);
    expect(both?.nodes.slice(-2).map((node) => [node.id, node.undoes])).toEqual([
      ["score_2", undefined],
      ["tag_3", "score_2"],
    ]);
    const alone = copySteps(paired(), new Set(["tag_2"]), paired().layout ?? {});
    expect(alone && apply(churn(), pasteSteps(churn(), alone).operation.changes).nodes.at(-1)?.undoes).toBe(
      undefined,
    );
  });

  it("move with their step, and into no container", () => {
    const moved = after(moveSteps(contextFor(paired()), new Map([["score", { x: 304, y: 80 }]])));
    expect(moved.layout?.tag_2).toEqual({ x: 304, y: 184 });
    expect(moveToLevel(contextFor(paired()), "tag_2", "each", { x: 0, y: 0 })).toBeNull();
  });

  it("stand under their step in a tidy layout, which leaves room for them", async () => {
    const asked: string[] = [];
    const places = await tidyPlaces(paired(), TYPES, (request) => {
      asked.push(...request.nodes.map((node) => `${node.id} ${node.height}`));
      return Promise.resolve(
        Object.fromEntries(request.nodes.map((node, x) => [node.id, { x: x * 300, y: 0 }])),
      );
    });
    expect(asked).toContain("score 168");
    expect(places.tag_2).toEqual({ x: 304, y: 104 });
    expect(asked.some((line) => line.startsWith("tag_2"))).toBe(false);
    const unplaced = placesOf({ ...paired(), layout: {} }, TYPES);
    expect(unplaced.tag_2).toEqual({ x: 264, y: 104 });
  });
});
