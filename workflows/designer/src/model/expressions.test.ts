import { describe, expect, it } from "vitest";
import { completionsAt, isInExpression } from "./completion";
import { asExpression, asFixed, keysOf, shortValue, suggestionsFor } from "./expressions";
import { churn, TYPES } from "./fixtures";
import { summaryOf } from "./summary";

const paths = (id: string) => suggestionsFor(churn(), TYPES, id).map((suggestion) => suggestion.path);

describe("what an expression may read", () => {
  it("is what stands before the step", () => {
    expect(paths("each")).toContain("steps.score.output.customers");
    expect(paths("score")).not.toContain("steps.score.output");
  });

  it("is the item too, inside a loop only", () => {
    expect(paths("tag")).toContain("item");
    expect(paths("score")).not.toContain("item");
  });

  it("is offered part by part", () => {
    const names = (typed: string) =>
      completionsAt(typed, suggestionsFor(churn(), TYPES, "tag")).offered.map((item) => item.name);
    expect(names("st")).toContain("steps");
    expect(names("steps.")).toContain("score");
    expect(names("steps.score.output.")).toEqual(expect.arrayContaining(["customers", "model", "filter"]));
  });

  it("is completed from real values where no schema tells", () => {
    expect(keysOf({ name: "Wang", probability: 0.8 })).toEqual([
      { name: "name", kind: "string" },
      { name: "probability", kind: "number" },
    ]);
  });
});

describe("a field flipped between fixed value and expression", () => {
  it.each([0.7, "text", true, [1, 2], { a: 1 }])("keeps %j", (value) => {
    expect(asFixed(asExpression(value))).toEqual(value);
  });

  it("drops an expression that is no literal", () => {
    expect(asFixed({ $expr: "steps.a.output" })).toBeUndefined();
  });
});

describe("short texts", () => {
  it("sum a step up from its config", () => {
    const node = { id: "x", type: "if", config: { condition: { $expr: "steps.score.output.count > 3" } } };
    expect(summaryOf(node, undefined)).toBe("score.count > 3");
  });

  it("cut long values", () => {
    expect(shortValue([1, 2])).toBe("2 items · [1,2]");
    expect(shortValue("x".repeat(200))).toHaveLength(80);
  });
});

describe("templates", () => {
  it("are completed between their braces only", () => {
    const texts = ["a ", "{{ in", "{{ input.id }} and ", "{{ a }}-{{ "];
    expect(texts.map(isInExpression)).toEqual([false, true, false, true]);
  });
});
