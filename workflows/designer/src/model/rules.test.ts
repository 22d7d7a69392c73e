import { describe, expect, it } from "vitest";
import type { NodeDoc } from "./document";
import { churn, stepType } from "./fixtures";
import type { JsonObject } from "./json";
import { chipsOf, isRuleProblem, rulesOf, settingFields, writtenRule, writtenSettings } from "./rules";
import { fieldsOf, isAsked } from "./schema";

const JOIN: JsonObject = {
  type: "object",
  properties: {
    mode: {
      type: "string",
      enum: ["all", "any", "first"],
      default: "all",
      "x-words": { any: "Any of them" },
    },
    count: { type: "integer", default: 1, "x-when": { field: "mode", values: ["first"] } },
  },
};
const SCHEMA: JsonObject = {
  $defs: { Join: JOIN },
  properties: {
    retry: { type: "object", properties: { max_attempts: { type: "integer", default: 1 } } },
    on_failure: { type: "string", enum: ["fail", "ask"], default: "fail" },
    on_uncertain: { anyOf: [{ type: "string", enum: ["park", "retry", "probe"] }, { type: "null" }] },
    limit: {
      type: "object",
      properties: {
        key: { type: "string" },
        rate: { type: "integer", "x-when": { field: "key", values: [] } },
      },
    },
    join: { anyOf: [{ $ref: "#/$defs/Join" }, { type: "null" }] },
    cache_minutes: { type: "number" },
    priority: { type: "integer", default: 0 },
  },
};
const FIELDS = new Map(fieldsOf(SCHEMA).map((field) => [field.name, field]));

function groupsOf(more: Partial<NodeDoc> = {}, type = stepType("score")): Record<string, string[]> {
  const groups = rulesOf(churn(), { id: "score", type: type.key, ...more }, type, SCHEMA);
  return Object.fromEntries(groups.map((group) => [group.key, group.fields.map((field) => field.name)]));
}

function written(name: string, value: JsonObject[string]) {
  const field = FIELDS.get(name);
  return field && writtenRule(field, value);
}

describe("rules", () => {
  it("are offered where they apply", () => {
    expect(groupsOf()).toEqual({
      failure: ["retry", "on_failure"],
      limit: ["limit"],
      priority: ["priority"],
    });
    expect(groupsOf({}, stepType("pay", { effect: "unkeyed" })).failure).toContain("on_uncertain");
    expect(groupsOf({}, stepType("ask", { cacheable: true })).cache).toEqual(["cache_minutes"]);
    expect(groupsOf({}, stepType("each", { container: true })).failure).toEqual(["retry"]);
    expect(groupsOf({}, stepType("start", { family: "trigger" }))).toEqual({});
  });

  it("that are set stay in sight where they do not apply any more", () => {
    expect(groupsOf({ join: { mode: "any" } }).join).toEqual(["join"]);
  });

  it("offer a join where several branches arrive", () => {
    const document = { ...churn(), edges: [...churn().edges, { from: "start", to: "each" }] };
    const [each] = document.nodes.filter((node) => node.id === "each");
    const groups = each ? rulesOf(document, each, stepType("map", { container: true }), SCHEMA) : [];
    expect(groups.map((group) => group.key)).toContain("join");
  });

  it("offer to ask the other side only where the step can", () => {
    const choices = (canProbe: boolean) =>
      rulesOf(
        churn(),
        { id: "a", type: "pay" },
        stepType("pay", { effect: "unkeyed", can_probe: canProbe }),
        SCHEMA,
      )
        .flatMap((group) => group.fields)
        .find((field) => field.name === "on_uncertain")
        ?.choices.map((choice) => choice.value);
    expect(choices(false)).toEqual(["park", "retry"]);
    expect(choices(true)).toContain("probe");
  });

  it("are written without what is empty or usual", () => {
    expect(written("join", { mode: "all", count: null })).toBeUndefined();
    expect(written("join", { mode: "first", count: 2 })).toEqual({ mode: "first", count: 2 });
    expect(written("retry", { max_attempts: 1 })).toEqual({ max_attempts: 1 });
    expect(written("on_failure", "fail")).toBeUndefined();
    expect(written("cache_minutes", null)).toBeUndefined();
  });

  it("ask for a part only where another makes it matter", () => {
    const [, count] = FIELDS.get("join")?.fields ?? [];
    expect(
      count && [isAsked(count, {}), isAsked(count, { mode: "first" }), isAsked(count, { count: 2 })],
    ).toEqual([false, true, true]);
    const [, rate] = FIELDS.get("limit")?.fields ?? [];
    expect(rate && [isAsked(rate, {}), isAsked(rate, { key: "a" })]).toEqual([false, true]);
  });

  it("call their choices as the schema says", () => {
    expect(FIELDS.get("join")?.fields[0]?.choices.map((choice) => choice.label)).toEqual([
      "All",
      "Any of them",
      "First",
    ]);
  });

  it("have problems of their own, unless the step has a field of that name", () => {
    const problem = { node: "a", field: "limit.key", code: "", message: "", severity: "error" as const };
    expect(isRuleProblem(problem, [])).toBe(true);
    expect(isRuleProblem(problem, ["limit"])).toBe(false);
    expect(isRuleProblem({ ...problem, field: "text" }, [])).toBe(false);
  });

  it("stand on the card in a few signs", () => {
    const node: NodeDoc = {
      id: "a",
      type: "b",
      retry: { max_attempts: 3 },
      timeout_seconds: 90,
      join: { mode: "first", count: 2, deadline_seconds: 60 },
      limit: { key: "{{ input.id }}", at_once: 1, rate: 5, per_seconds: 60 },
      priority: -2,
    };
    expect(chipsOf(node).map((chip) => `${chip.icon} ${chip.text}`)).toEqual([
      "retry 3",
      "stopwatch 1.5 min",
      "merge first 2 ≤ 1 min",
      "lock 1 · 5 / 1 min",
      "down 2",
    ]);
    expect(chipsOf({ id: "a", type: "b" })).toEqual([]);
  });

  it("of a whole workflow know no rate, and keep nothing that is usual", () => {
    const fields = settingFields(SCHEMA);
    expect(fields.find((field) => field.name === "limit")?.fields.map((field) => field.name)).toEqual([
      "key",
    ]);
    expect(writtenSettings(fields, { priority: 0, on_failure: "" })).toBeNull();
    expect(writtenSettings(fields, { priority: 2, limit: { key: "" } })).toEqual({ priority: 2 });
  });
});
