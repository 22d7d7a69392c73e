// The one line under a step's title: what it does, told from its config.
import type { NodeDoc } from "./document";
import { expressionText, isExpression } from "./expressions";
import { isObject, type Json } from "./json";
import type { StepType } from "./steptypes";

const TELLING = [
  "condition",
  "cron",
  "schedule",
  "segment",
  "tag",
  "subject",
  "title",
  "items",
  "customers",
  "url",
  "kind",
  "object",
  "model",
  "role",
  "to",
  "seconds",
  "text",
  "body",
  "values",
  "value",
  "fields",
  "cases",
];

export function summaryOf(node: NodeDoc, type: StepType | undefined): string {
  const config = node.config ?? {};
  for (const key of TELLING) {
    const line = lineOf(config[key]);
    // A number alone tells nobody which segment it is.
    if (line && !(key === "segment" && /^\d+$/.test(line)))
      return key === "seconds" ? duration(Number(config[key])) : line;
  }
  return type?.description.split(/(?<=\.)\s/)[0] ?? "";
}

function lineOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === "" || value === false) return "";
  if (isExpression(value)) return shorten(expressionText(value));
  if (Array.isArray(value)) return value.map(lineOf).filter(Boolean).join(", ");
  if (isObject(value)) {
    return Object.entries(value)
      .map(([key, item]) =>
        isExpression(item) || typeof item !== "object" ? `${key} = ${lineOf(item)}` : key,
      )
      .join(", ");
  }
  return shorten(String(value));
}

/** Without the words that every expression begins with. */
function shorten(text: string): string {
  return text
    .replaceAll(/\bsteps\.([a-z0-9_]+)\.output\b/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds >= 86_400) return `${round(seconds / 86_400)} d`;
  if (seconds >= 3600) return `${round(seconds / 3600)} h`;
  if (seconds >= 60) return `${round(seconds / 60)} min`;
  if (seconds >= 1) return `${round(seconds)} s`;
  return `${Math.round(seconds * 1000)} ms`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
