// The rules of a step: which of them apply to it, how a change is written, and what its card says of them.
import { t } from "../text";
import { drawnEdges, type NodeDoc, type Policies, type WorkflowDocument } from "./document";
import { isObject, type Json, type JsonObject } from "./json";
import type { Problem } from "./problems";
import { type Field, fieldsOf } from "./schema";
import { isTrigger, type StepType } from "./steptypes";
import { duration } from "./summary";

export type PolicyName = keyof Policies;

export const POLICY_NAMES: readonly PolicyName[] = [
  "retry",
  "timeout_seconds",
  "on_failure",
  "on_uncertain",
  "limit",
  "join",
  "cache_minutes",
  "priority",
  "undoes",
];

const GROUPS: readonly { key: string; title: string; names: readonly PolicyName[] }[] = [
  { key: "failure", title: "If it fails", names: ["retry", "timeout_seconds", "on_failure", "on_uncertain"] },
  { key: "limit", title: "Limits", names: ["limit"] },
  { key: "join", title: "Joining branches", names: ["join"] },
  { key: "cache", title: "Keep the answer", names: ["cache_minutes"] },
  { key: "priority", title: "Priority", names: ["priority"] },
];

export interface RuleGroup {
  key: string;
  title: string;
  fields: Field[];
  isSet: boolean;
}

/** The groups of rules that are offered for a step; one that is set is always shown. */
export function rulesOf(
  document: WorkflowDocument,
  node: NodeDoc,
  type: StepType | undefined,
  schema: JsonObject,
): RuleGroup[] {
  if (isTrigger(type, node)) return [];
  const known = new Map(fieldsOf(schema).map((field) => [field.name, field]));
  return GROUPS.flatMap(({ key, title, names }) => {
    const shown = names.filter((name) => isSet(node, name) || applies(document, node, type, name));
    const fields = shown
      .map((name) => known.get(name))
      .filter((field) => field !== undefined)
      .map((field) => withPossibleChoices(field, node, type));
    return fields.length ? [{ key, title, fields, isSet: names.some((name) => isSet(node, name)) }] : [];
  });
}

function isSet(node: NodeDoc, name: PolicyName): boolean {
  return node[name] !== undefined && node[name] !== null;
}

function applies(
  document: WorkflowDocument,
  node: NodeDoc,
  type: StepType | undefined,
  name: PolicyName,
): boolean {
  switch (name) {
    case "join":
      return drawnEdges(document).filter((edge) => edge.to === node.id).length > 1;
    case "cache_minutes":
      return type?.cacheable ?? false;
    case "on_uncertain":
      return type?.effect === "unkeyed";
    case "on_failure":
      // A person is asked about each failed compensation anyway, and about a body's steps inside it.
      return !node.undoes && !type?.container;
    default:
      return true;
  }
}

function withPossibleChoices(field: Field, node: NodeDoc, type: StepType | undefined): Field {
  if (field.name !== "on_uncertain" || type?.can_probe || node.on_uncertain === "probe") return field;
  return { ...field, choices: field.choices.filter((choice) => choice.value !== "probe") };
}

/** The value as the document keeps it: nothing empty, no choice that is made anyway. */
export function writtenRule(field: Field, value: Json | undefined): Json | undefined {
  if (!isObject(value)) return isUsual(field, value) ? undefined : value;
  const parts = new Map(field.fields.map((part) => [part.name, part]));
  const kept = Object.entries(value).filter(([name, part]) => {
    const own = parts.get(name);
    return own ? !isUsual(own, part) : true;
  });
  return kept.length ? Object.fromEntries(kept) : undefined;
}

function isUsual(field: Field, value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return field.widget === "select" && value === field.default;
}

/** A whole workflow has no rate: its first step may have one. */
const RATES = ["rate", "per_seconds"];

export function settingFields(schema: JsonObject): Field[] {
  return fieldsOf(schema).map((field) =>
    field.name === "limit"
      ? { ...field, fields: field.fields.filter((part) => !RATES.includes(part.name)) }
      : field,
  );
}

export function writtenSettings(fields: Field[], value: JsonObject): JsonObject | null {
  const written: JsonObject = {};
  for (const field of fields) {
    const part = writtenRule(field, value[field.name]);
    if (part !== undefined && part !== field.default) written[field.name] = part;
  }
  return Object.keys(written).length ? written : null;
}

/** Whether the problem is about a rule rather than the config of the step. */
export function isRuleProblem(problem: Problem, configFields: readonly string[]): boolean {
  const [name] = (problem.field ?? "").split(".");
  // Whom a step takes back is no field of a form.
  return (
    name !== "undoes" && POLICY_NAMES.some((known) => known === name) && !configFields.includes(name ?? "")
  );
}

export interface Chip {
  icon: string;
  text: string;
  title: string;
}

/** What a card shows of the rules that are set. */
export function chipsOf(node: NodeDoc): Chip[] {
  const { retry, timeout_seconds, join, limit, cache_minutes, priority, undoes } = node;
  const chips: (Chip | null)[] = [
    undoes ? chip("undo", t("Undo"), t("Takes another step back when a run fails")) : null,
    retry ? retryChip(retry) : null,
    timeout_seconds
      ? chip(
          "stopwatch",
          duration(timeout_seconds),
          t("A try may take {time}", { time: duration(timeout_seconds) }),
        )
      : null,
    join ? joinChip(join) : null,
    limit ? limitChip(limit) : null,
    cache_minutes
      ? chip(
          "keep",
          duration(cache_minutes * 60),
          t("Its answer is kept for {time}", { time: duration(cache_minutes * 60) }),
        )
      : null,
    node.on_failure === "ask" ? chip("hand", "", t("A person decides when its tries are spent")) : null,
    node.on_uncertain ? chip("question", "", t("It says what follows if it may have happened")) : null,
    priority
      ? chip(priority > 0 ? "up" : "down", String(Math.abs(priority)), t("Priority {priority}", { priority }))
      : null,
  ];
  return chips.filter((found) => found !== null);
}

function chip(icon: string, text: string, title: string): Chip {
  return { icon, text, title };
}

function retryChip(retry: JsonObject): Chip {
  const tries = numberOf(retry.max_attempts) ?? 1;
  return chip("retry", String(tries), t("Tries: {count}", { count: tries }));
}

function joinChip(join: JsonObject): Chip {
  const count = numberOf(join.count) ?? 1;
  const deadline = numberOf(join.deadline_seconds);
  const word =
    join.mode === "first" ? t("first {count}", { count }) : join.mode === "any" ? t("any") : t("all");
  const title = t("Goes on after: {what}", { what: word });
  return chip("merge", deadline ? `${word} ≤ ${duration(deadline)}` : word, title);
}

function limitChip(limit: JsonObject): Chip {
  const [atOnce, rate] = [numberOf(limit.at_once), numberOf(limit.rate)];
  const per = duration(numberOf(limit.per_seconds) ?? 1);
  const quiet = numberOf(limit.seconds);
  const parts = [
    atOnce ? String(atOnce) : "",
    rate ? `${rate} / ${per}` : "",
    limit.when_full === "debounce" && quiet ? duration(quiet) : "",
  ].filter(Boolean);
  const key = typeof limit.key === "string" ? limit.key : "";
  return chip("lock", parts.join(" · "), key ? t("Limit for each {key}", { key }) : t("Limit"));
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}
