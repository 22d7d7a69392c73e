// The form model: what to draw for a step type's JSON Schema (the documented subset of 2020-12).
import { isObject, type Json, type JsonObject } from "./json";

export type Widget =
  | "text"
  | "textarea"
  | "template"
  | "template-line"
  | "expression"
  | "number"
  | "boolean"
  | "select"
  | "options"
  | "list"
  | "object"
  | "key-values"
  | "json";

export interface Choice {
  value: Json;
  label: string;
}

export interface Field {
  name: string;
  label: string;
  help: string;
  widget: Widget;
  required: boolean;
  nullable: boolean;
  /** The value is text: a choice of the server is written as text too. */
  textual: boolean;
  integer: boolean;
  default: Json | undefined;
  choices: Choice[];
  optionsUrl: string | null;
  item: Field | null;
  fields: Field[];
  minimum: number | null;
  maximum: number | null;
  /** Which part of an option the value is. */
  optionValue: string;
  /** Asked only where another field has one of these values; any will do where there are none. */
  when: { field: string; values: Json[] } | null;
}

const OPTIONS_OF_WIDGET: Record<string, string> = { segment: "/api/v1/segments" };

const ROLES = ["admin", "manager", "builder", "operator", "viewer"];

export function fieldsOf(schema: JsonObject | null | undefined): Field[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, property]) =>
    fieldOf(name, isObject(property) ? property : {}, schema, required.includes(name)),
  );
}

function fieldOf(name: string, written: JsonObject, root: JsonObject, required: boolean): Field {
  const { schema, nullable } = plain(written, root);
  const choices = choicesOf(schema);
  const widget = widgetOf(schema, choices);
  return {
    name,
    label: text(written.title) || text(schema.title) || humanName(name),
    help: text(written.description) || text(schema.description),
    widget,
    required: required && !nullable,
    nullable,
    textual: schema.type === "string",
    integer: schema.type === "integer",
    default: written.default ?? schema.default,
    choices,
    optionsUrl: text(schema["x-options"]) || (OPTIONS_OF_WIDGET[text(schema["x-widget"])] ?? null),
    item: widget === "list" ? fieldOf("", isObject(schema.items) ? schema.items : {}, root, true) : null,
    fields: widget === "object" ? fieldsOf({ ...schema, $defs: root.$defs ?? {} }) : [],
    minimum: bound(schema.minimum, schema.exclusiveMinimum),
    maximum: bound(schema.maximum, schema.exclusiveMaximum),
    optionValue: text(schema["x-option-value"]) || "id",
    when: conditionOf(schema["x-when"]),
  };
}

/** The schema with `$ref` followed and "or nothing" taken off. */
function plain(written: JsonObject, root: JsonObject): { schema: JsonObject; nullable: boolean } {
  let schema = resolve(written, root);
  let nullable = false;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    const options = choices.filter(isObject).map((option) => resolve(option, root));
    const solid = options.filter((option) => option.type !== "null");
    nullable = solid.length < options.length;
    const { anyOf: _any, oneOf: _one, ...rest } = schema;
    // Several kinds of value: its own widget decides, or it is an expression.
    if (solid.length === 1) schema = { ...solid[0], ...rest };
    else schema = { "x-widget": "expression", ...rest };
  }
  return { schema, nullable };
}

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  if (typeof schema.$ref !== "string") return schema;
  const found = schema.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce<Json | undefined>((at, key) => (isObject(at) ? at[key] : undefined), root);
  const { $ref: _ref, ...rest } = schema;
  return isObject(found) ? { ...found, ...rest } : rest;
}

function choicesOf(schema: JsonObject): Choice[] {
  if (Array.isArray(schema.enum))
    return schema.enum.map((value) => ({ value, label: choiceLabel(value, schema["x-words"]) }));
  if (schema["x-widget"] === "role") return ROLES.map((role) => ({ value: role, label: choiceLabel(role) }));
  return [];
}

function conditionOf(written: Json | undefined): Field["when"] {
  if (!isObject(written) || typeof written.field !== "string") return null;
  return { field: written.field, values: Array.isArray(written.values) ? written.values : [] };
}

/** Whether the rest of the form asks for the field; one that is filled in stays in sight. */
export function isAsked(field: Field, value: JsonObject): boolean {
  const own = value[field.name];
  if (!field.when || (own !== undefined && own !== null)) return true;
  const other = value[field.when.field] ?? null;
  return field.when.values.length ? field.when.values.includes(other) : other !== null;
}

function choiceLabel(value: Json, words?: Json): string {
  if (isObject(words) && typeof value === "string" && typeof words[value] === "string") return words[value];
  return typeof value === "string" ? humanName(value) : String(value);
}

const WIDGETS = new Set<string>([
  "textarea",
  "template",
  "template-line",
  "expression",
  "key-values",
  "json",
]);

function widgetOf(schema: JsonObject, choices: Choice[]): Widget {
  const asked = text(schema["x-widget"]);
  if (WIDGETS.has(asked)) return asked as Widget;
  if (schema["x-options"] || OPTIONS_OF_WIDGET[asked]) return "options";
  if (choices.length) return "select";
  switch (schema.type) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return isObject(schema.items) ? "list" : "json";
    case "object":
      return objectWidget(schema);
    default:
      return "json";
  }
}

function objectWidget(schema: JsonObject): Widget {
  if (isObject(schema.properties)) return "object";
  return schema.additionalProperties === false ? "json" : "key-values";
}

/** The values a fresh step starts with: every default, and nothing else. */
export function defaultConfig(schema: JsonObject): JsonObject {
  const config: JsonObject = {};
  for (const field of fieldsOf(schema)) {
    // What an expression falls back to is no expression, and asks nothing.
    if (field.widget === "expression") continue;
    if (field.default !== undefined && field.default !== null) config[field.name] = field.default;
  }
  return config;
}

/** An empty value to start a new list entry with. */
export function emptyValue(field: Field): Json {
  if (field.default !== undefined) return field.default;
  switch (field.widget) {
    case "number":
      return 0;
    case "boolean":
      return false;
    case "list":
      return [];
    case "object":
      return Object.fromEntries(
        field.fields.filter((item) => item.required).map((item) => [item.name, emptyValue(item)]),
      );
    case "key-values":
      return {};
    case "select":
      return field.choices[0]?.value ?? "";
    case "json":
      return null;
    default:
      return "";
  }
}

export function humanName(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function bound(...values: (Json | undefined)[]): number | null {
  return values.find((value): value is number => typeof value === "number") ?? null;
}
