import { describe, expect, it } from "vitest";
import { churn, contextFor, TYPES } from "./fixtures";
import { containerAt, placesOf, portOffset, sizesOf } from "./geometry";
import { tidyPlaces } from "./layout";

describe("geometry", () => {
  it("spreads ports around the middle", () => {
    expect([0, 1].map((index) => portOffset(index, 2, 64))).toEqual([20, 44]);
    expect(portOffset(0, 1, 64)).toBe(32);
  });

  it("makes a container as large as what it holds", () => {
    const document = churn();
    const near = sizesOf(document, TYPES, document.layout ?? {}).get("each");
    const far = sizesOf(document, TYPES, { ...document.layout, tag: { x: 900, y: 500 } }).get("each");
    expect(far?.width).toBeGreaterThan(900);
    expect(near?.width).toBeLessThan(far?.width ?? 0);
  });

  it("places steps that stand nowhere in columns, and leaves the others where they are", () => {
    const { layout, ...bare } = churn();
    const places = placesOf(bare, TYPES);
    expect(places.score?.x).toBeGreaterThan(places.start?.x ?? 0);
    expect(places.each?.x).toBeGreaterThan(places.score?.x ?? 0);
    expect(placesOf({ ...bare, layout: { score: { x: 7, y: 7 } } }, TYPES).score).toEqual({ x: 7, y: 7 });
    expect(placesOf({ ...bare, layout: layout ?? {} }, TYPES)).toBe(layout);
  });

  it("survives a graph with a circle", () => {
    const document = {
      ...churn(),
      layout: {},
      edges: [
        { from: "score", to: "each" },
        { from: "each", to: "score" },
      ],
    };
    expect(Object.keys(placesOf(document, TYPES))).toHaveLength(4);
  });

  it("finds the container under a point", () => {
    const { document, places, sizes } = contextFor(churn());
    expect(containerAt(document, TYPES, places, sizes, { x: 560, y: 100 })).toBe("each");
    expect(containerAt(document, TYPES, places, sizes, { x: 10, y: 10 })).toBeNull();
  });

  it("asks for each level by itself, bodies first", async () => {
    const asked: string[][] = [];
    await tidyPlaces(churn(), TYPES, (request) => {
      asked.push(request.nodes.map((node) => node.id));
      return Promise.resolve(
        Object.fromEntries(request.nodes.map((node, index) => [node.id, { x: index * 300, y: 0 }])),
      );
    });
    expect(asked).toEqual([["tag"], ["start", "score", "each"]]);
  });
});
