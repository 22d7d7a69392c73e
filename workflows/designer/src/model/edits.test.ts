import { describe, expect, it } from "vitest";
import { copySteps, pasteSteps } from "./clipboard";
import { drawnEdges, readDocument, upstream } from "./document";
import {
  addAfter,
  addStep,
  canConnect,
  freshId,
  insertOnEdge,
  moveSteps,
  moveToLevel,
  removeParts,
} from "./edits";
import { churn, contextFor, TYPES, typeOf } from "./fixtures";
import { apply, type Operation } from "./operations";
import { portsOf } from "./steptypes";

const after = (operation: Operation | null | undefined) => apply(churn(), operation?.changes ?? []);

describe("edits", () => {
  it("gives a step a fresh id, its title and its defaults", () => {
    const { operation, id } = addStep(contextFor(churn()), typeOf("tag"), { x: 3, y: 5 }, null);
    expect(id).toBe("tag_2");
    expect(after(operation).nodes.at(-1)).toEqual({
      id: "tag_2",
      type: "tag",
      label: "tag",
      config: { tag: "new" },
    });
    expect(after(operation).layout?.tag_2).toEqual({ x: 0, y: 8 });
  });

  it("keeps ids within the 40 characters that the server takes", () => {
    expect(freshId(new Set(), "trigger_record_created")).toBe("on_record_created");
    expect(freshId(new Set(["x".repeat(34)]), "x".repeat(50)).length).toBeLessThanOrEqual(40);
  });

  it("puts a new step after the last one, on its level", () => {
    const added = addAfter(contextFor(churn()), typeOf("tag"), "tag", "out");
    const document = after(added?.operation);
    expect(document.nodes.at(-1)?.parent).toBe("each");
    expect(document.edges.at(-1)).toEqual({ from: "tag", to: "tag_2" });
  });

  it("inserts on an edge and makes room behind", () => {
    const added = insertOnEdge(contextFor(churn()), typeOf("if"), { from: "start", to: "score" });
    const document = after(added?.operation);
    expect(document.edges).toEqual([
      { from: "score", to: "each" },
      { from: "start", to: "if" },
      { from: "if", to: "score", port: "yes" },
    ]);
    expect(document.layout?.score?.x).toBeGreaterThan(264);
    expect(document.layout?.tag).toEqual(churn().layout?.tag);
  });

  it("joins steps of one level only, and never to a circle or into a trigger", () => {
    expect(canConnect(churn(), TYPES, "start", "each")).toBe(true);
    expect(canConnect(churn(), TYPES, "score", "tag")).toBe(false);
    expect(canConnect(churn(), TYPES, "each", "score")).toBe(false);
    expect(canConnect(churn(), TYPES, "score", "start")).toBe(false);
  });

  it("removes the body with its container", () => {
    expect(after(removeParts(contextFor(churn()), ["each"], [])).nodes.map((node) => node.id)).toEqual([
      "start",
      "score",
    ]);
  });

  it("writes every place down with the first move", () => {
    const { layout: _layout, ...bare } = churn();
    const operation = moveSteps(contextFor(bare), new Map([["score", { x: 400, y: 80 }]]));
    const { layout } = apply(bare, operation?.changes ?? []);
    expect(Object.keys(layout ?? {}).sort()).toEqual(["each", "score", "start", "tag"]);
    expect(layout?.score).toEqual({ x: 400, y: 80 });
  });

  it("cuts the edges of a step that moves into a container", () => {
    const document = after(moveToLevel(contextFor(churn()), "score", "each", { x: 10, y: 10 }));
    expect(document.edges).toEqual([]);
    expect(document.nodes.find((node) => node.id === "score")?.parent).toBe("each");
  });
});

describe("copy and paste", () => {
  it("gives fresh ids and lets references among the copied steps follow", () => {
    const { document, places } = contextFor(churn());
    const clip = copySteps(document, new Set(["score", "each"]), places);
    if (!clip) throw new Error("Nothing was copied.");
    const pasted = after(pasteSteps(document, clip).operation);
    expect(pasted.nodes.find((node) => node.id === "map")?.config).toEqual({
      items: { $expr: "steps.score_2.output.customers" },
    });
    expect(pasted.nodes.find((node) => node.id === "tag_2")?.parent).toBe("map");
    expect(pasted.edges).toContainEqual({ from: "score_2", to: "map" });
  });
});

describe("the graph", () => {
  it("draws the edges that inputs imply, once", () => {
    const nodes = [
      { id: "n1", type: "score", inputs: ["order_data"] },
      { id: "n2", type: "score", inputs: ["n1.output"] },
      { id: "n3", type: "score", inputs: ["n2.output"] },
    ];
    const edges = drawnEdges({ name: "", nodes, edges: [{ from: "n1", to: "n2" }] });
    expect(edges).toEqual([
      { from: "n1", to: "n2" },
      { from: "n2", to: "n3" },
    ]);
  });

  it("counts what stands before the container as before its body", () => {
    expect(upstream(churn(), "tag")).toEqual(["start", "score"]);
  });

  it("takes ports from the config field that names them", () => {
    const node = {
      id: "s",
      type: "switch",
      config: {
        cases: [
          { name: "gold", when: "x" },
          { name: "silver", when: "y" },
        ],
      },
    };
    expect(portsOf(TYPES.get("switch"), node)).toEqual(["gold", "silver", "else"]);
  });

  it("says what is wrong with a file that is no workflow", () => {
    expect(readDocument([])).toBe("The file does not hold a workflow.");
    expect(readDocument({ nodes: [{ id: "a" }] })).toBe("Every node needs an id and a type.");
    expect(readDocument({ nodes: [] })).toEqual({ name: "", nodes: [], edges: [] });
  });
});
