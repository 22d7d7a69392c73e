import { describe, expect, it } from "vitest";
import { churn, contextFor } from "../model/fixtures";
import { Projection } from "./projection";

const NONE = new Set<string>();

describe("projection", () => {
  it("keeps every node that did not change the same object", () => {
    const projection = new Projection();
    const context = contextFor(churn());
    const before = projection.nodesOf(context, NONE, new Map());
    const after = projection.nodesOf(context, NONE, new Map([["score", { x: 9, y: 9 }]]));
    expect(after.map((node, index) => node === before[index])).toEqual([true, false, true, true]);
  });

  it("presets size, handles and measure, so that nothing is measured", () => {
    const [node] = new Projection().nodesOf(contextFor(churn()), NONE, new Map());
    expect(node?.measured).toEqual({ width: 208, height: 64 });
    expect(node?.handles?.map((handle) => handle.id)).toEqual(["out"]);
  });

  it("draws a dashed line to where the body of a container begins", () => {
    const edges = new Projection().edgesOf(contextFor(churn()), null);
    expect(edges.filter((edge) => edge.type === "entry").map((edge) => edge.target)).toEqual(["tag"]);
  });
});
