// Expressions in field values, and the names they may use in a step.
import { findNode, parentOf, upstream, type WorkflowDocument } from "./document";
import { isObject, type Json, type JsonObject } from "./json";
import { type StepTypes, titleOf } from "./steptypes";

export function isExpression(value: unknown): value is { $expr: string } {
  return isObject(value) && typeof value.$expr === "string";
}

export function expressionText(value: unknown): string {
  if (isExpression(value)) return value.$expr;
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A fixed value as the expression that means the same. */
export function asExpression(value: Json | undefined): { $expr: string } {
  if (isExpression(value)) return value;
  return { $expr: value === undefined || value === null ? "" : JSON.stringify(value) };
}

/** The fixed value an expression stands for, where it is a literal. */
export function asFixed(value: Json | undefined): Json | undefined {
  const source = expressionText(value).trim();
  if (!source) return undefined;
  try {
    return JSON.parse(source) as Json;
  } catch {
    return undefined;
  }
}

export interface Suggestion {
  /** What is written into the expression. */
  path: string;
  /** The step or place it comes from. */
  from: string;
  kind: string;
}

const RUN_FIELDS = ["id", "number", "workflow", "version"];

/** Everything an expression in this step can read, from what stands before it. */
export function suggestionsFor(document: WorkflowDocument, types: StepTypes, id: string): Suggestion[] {
  const found: Suggestion[] = [];
  const own = findNode(document, id);
  // Of a step that repeats, the condition is asked with what the round before gave.
  if (parentOf(own) || types.get(own?.type ?? "")?.repeats) {
    found.push(
      { path: "item", from: "This item", kind: "any" },
      { path: "index", from: "This item", kind: "integer" },
    );
  }
  for (const step of upstream(document, id).reverse()) {
    const node = findNode(document, step);
    if (!node) continue;
    const schema = types.get(node.type)?.output_schema ?? null;
    found.push(...schemaPaths(`steps.${step}.output`, titleOf(node, types), schema, schema ?? {}));
  }
  found.push(
    ...schemaPaths("input", "Run input", document.input_schema ?? null, document.input_schema ?? {}),
  );
  found.push(...RUN_FIELDS.map((field) => ({ path: `run.${field}`, from: "This run", kind: "string" })));
  found.push({ path: "now", from: "This run", kind: "timestamp" });
  return found;
}

function schemaPaths(
  path: string,
  from: string,
  schema: JsonObject | null,
  root: JsonObject,
  depth = 0,
): Suggestion[] {
  const shape = followed(schema, root);
  const kind = typeof shape?.type === "string" ? shape.type : "any";
  const own = { path, from, kind };
  if (!shape || !isObject(shape.properties) || depth > 3) return [own];
  const inner = Object.entries(shape.properties).flatMap(([name, property]) =>
    schemaPaths(`${path}.${name}`, from, isObject(property) ? property : null, root, depth + 1),
  );
  return [own, ...inner];
}

function followed(schema: JsonObject | null, root: JsonObject): JsonObject | null {
  const name = typeof schema?.$ref === "string" ? schema.$ref.replace("#/$defs/", "") : null;
  const found = name && isObject(root.$defs) ? root.$defs[name] : null;
  return isObject(found) ? found : schema;
}

/** The names that may follow a value, read from a real one. */
export function keysOf(value: Json | undefined): { name: string; kind: string }[] {
  if (!isObject(value)) return [];
  return Object.entries(value).map(([name, item]) => ({ name, kind: kindOf(item) }));
}

export function kindOf(value: Json): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return `list of ${value.length}`;
  return typeof value;
}

/** A value in one short line. */
export function shortValue(value: Json | undefined, limit = 80): string {
  if (value === undefined) return "";
  const written = typeof value === "string" ? `“${value}”` : JSON.stringify(value);
  const shown = Array.isArray(value) ? `${value.length} items · ${written}` : written;
  return shown.length > limit ? `${shown.slice(0, limit - 1)}…` : shown;
}
