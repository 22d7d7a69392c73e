// A small workflow and its step types, for tests.
import type { WorkflowDocument } from "./document";
import type { Context } from "./edits";
import { placesOf, sizesOf } from "./geometry";
import type { StepType } from "./steptypes";

export function stepType(key: string, more: Partial<StepType> = {}): StepType {
  return {
    key,
    title: key,
    family: "crm",
    description: "",
    effect: "pure",
    ports: ["out"],
    dynamic_ports: null,
    container: false,
    repeats: false,
    grows: false,
    waits: false,
    only_at_top: false,
    cacheable: false,
    can_probe: false,
    schema: {},
    output_schema: null,
    icon: "",
    ...more,
  };
}

export const TYPES = new Map(
  [
    stepType("start", { family: "trigger" }),
    stepType("score", {
      output_schema: {
        type: "object",
        properties: { customers: { type: "array" }, model: { type: "string" } },
      },
    }),
    stepType("if", { ports: ["yes", "no"] }),
    stepType("switch", { ports: ["else"], dynamic_ports: "cases" }),
    stepType("map", { family: "flow", container: true }),
    stepType("tag", { schema: { properties: { tag: { type: "string", default: "new" } } } }),
  ].map((type) => [type.key, type]),
);

export function churn(): WorkflowDocument {
  return {
    name: "Churn",
    nodes: [
      { id: "start", type: "start", label: "Start" },
      { id: "score", type: "score", label: "Score", config: { limit: 3 } },
      { id: "each", type: "map", config: { items: { $expr: "steps.score.output.customers" } } },
      { id: "tag", type: "tag", parent: "each", config: { tag: "risk" } },
    ],
    edges: [
      { from: "start", to: "score" },
      { from: "score", to: "each" },
    ],
    layout: { start: { x: 0, y: 0 }, score: { x: 264, y: 0 }, each: { x: 528, y: 0 }, tag: { x: 64, y: 80 } },
  };
}

export function contextFor(document: WorkflowDocument): Context {
  const places = placesOf(document, TYPES);
  return { document, types: TYPES, places, sizes: sizesOf(document, TYPES, places) };
}

export function typeOf(key: string): StepType {
  return TYPES.get(key) ?? stepType(key);
}
