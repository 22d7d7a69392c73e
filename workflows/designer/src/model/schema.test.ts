import { describe, expect, it } from "vitest";
import type { JsonObject } from "./json";
import { defaultConfig, emptyValue, fieldsOf } from "./schema";

const field = (property: JsonObject, defs: JsonObject = {}) => {
  const [first] = fieldsOf({ properties: { the_field: property }, $defs: defs, required: ["the_field"] });
  if (!first) throw new Error("No field was made.");
  return first;
};

describe("the form model", () => {
  it.each<[string, JsonObject]>([
    ["text", { type: "string" }],
    ["textarea", { type: "string", "x-widget": "textarea" }],
    ["template", { type: "string", "x-widget": "template" }],
    ["expression", { type: "string", "x-widget": "expression" }],
    ["expression", { anyOf: [{ type: "array", items: {} }, { type: "string" }] }],
    ["number", { type: "integer" }],
    ["boolean", { type: "boolean" }],
    ["select", { enum: ["a", "b"] }],
    ["select", { type: "string", "x-widget": "role" }],
    ["options", { type: "string", "x-widget": "segment" }],
    ["options", { type: "string", "x-options": "/api/v1/things" }],
    ["list", { type: "array", items: { type: "string" } }],
    ["json", { type: "array" }],
    ["object", { type: "object", properties: { a: { type: "string" } } }],
    ["key-values", { type: "object", additionalProperties: { type: "string" } }],
    ["json", {}],
  ])("draws a %s for %j", (widget, property) => {
    expect(field(property).widget).toBe(widget);
  });

  it("follows references and takes off the choice of nothing", () => {
    const kind = field(
      { anyOf: [{ $ref: "#/$defs/Kind" }, { type: "null" }], default: null },
      { Kind: { enum: ["call", "mail"] } },
    );
    expect(kind).toMatchObject({ widget: "select", nullable: true, required: false });
    expect(kind.choices.map((choice) => choice.label)).toEqual(["Call", "Mail"]);
  });

  it("names a field after its key when it has no title", () => {
    expect(field({ type: "string" }).label).toBe("The field");
    expect(field({ type: "string", title: "Own" }).label).toBe("Own");
  });

  it("starts a step with the defaults and nothing else", () => {
    const schema = {
      properties: { a: { type: "number", default: 0.7 }, b: { type: "string" }, c: { default: null } },
    };
    expect(defaultConfig(schema)).toEqual({ a: 0.7 });
  });

  it("starts a list entry with what its fields need", () => {
    const cases = field(
      { type: "array", items: { $ref: "#/$defs/Case" } },
      {
        Case: {
          type: "object",
          properties: { name: { type: "string" }, weight: { type: "number" } },
          required: ["name"],
        },
      },
    );
    expect(cases.item && emptyValue(cases.item)).toEqual({ name: "" });
  });
});
