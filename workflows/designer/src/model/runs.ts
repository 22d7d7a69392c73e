// Runs as the API tells them, folded into what each card and edge of the graph shows.
import { drawnEdges, type EdgeDoc, portOf, type WorkflowDocument } from "./document";
import { isObject, type Json } from "./json";
import { duration } from "./summary";

export interface Attempt {
  attempt: number;
  outcome: string;
  error: Json;
  started_at: string | null;
  ended_at: string | null;
  agent: string | null;
}

/** A part of the items of a For each, worked on together. */
export interface Chunk {
  item: number;
  state: string;
  /** A person decides what follows. */
  decide: boolean;
  attempt: number;
  error: Json;
  started_at: string | null;
  ended_at: string | null;
  agent: string | null;
}

export interface RunStep {
  node: string;
  type: string;
  label: string;
  parent: string | null;
  /** The step that it takes back when the run fails. */
  undoes: string | null;
  state: string;
  attempt: number;
  port: string | null;
  output: Json;
  /** The output is large: only its beginning is here. */
  truncated: boolean;
  error: Json;
  started_at: string | null;
  ended_at: string | null;
  agent: string | null;
  /** What the step waits for, in words. */
  wait: string | null;
  /** The runs that it waits for. */
  wait_runs?: { id: string; number: number }[];
  /** A person decides what follows. */
  decide: boolean;
  items: { items: number; done: number; failed: number } | null;
  attempts: Attempt[];
  chunks: Chunk[];
  chunk_count?: number;
}

export interface Run {
  id: string;
  number: number;
  workflow: string;
  workflow_id: number | string;
  state: string;
  version: number;
  input: Json;
  output: Json;
  error?: Json;
  created_at: string;
  finished_at: string | null;
  steps: RunStep[];
  document: WorkflowDocument;
  rights: { cancel?: boolean; decide?: boolean };
}

export type Overlay = ReadonlyMap<string, RunStep>;

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
const SETTLED = new Set(["SUCCEEDED", "SKIPPED", "FAILED", "CANCELLED", "DEAD"]);
const NOT_REACHED = new Set(["PENDING", "SKIPPED", "CANCELLED"]);

export function hasEnded(run: Run): boolean {
  return ENDED.has(run.state);
}

export function overlayOf(run: Run): Overlay {
  return new Map(run.steps.map((step) => [step.node, step]));
}

export function time(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}

/** Items done of all, or how long the step took. */
export function progressOf(step: RunStep): string | undefined {
  if (step.items && step.items.items > 0)
    return `${step.items.done.toLocaleString()} / ${step.items.items.toLocaleString()}`;
  const [from, to] = [time(step.started_at), time(step.ended_at)];
  return from !== null && to !== null ? duration((to - from) / 1000) : undefined;
}

export type EdgeRun = "taken" | "running" | "skipped" | "ahead";

/** What became of an edge: whether it was taken, and whether its target runs now. */
export function edgeRun(edge: EdgeDoc, overlay: Overlay): EdgeRun {
  const source = overlay.get(edge.from);
  const target = overlay.get(edge.to);
  if (!source || !SETTLED.has(source.state)) return isUnderWay(source, target) ? "running" : "ahead";
  if (!wasTaken(edge, source, target)) return "skipped";
  return target && (target.state === "RUNNING" || target.state === "READY") ? "running" : "taken";
}

/** Inside a loop some items are past an edge while others are still before it. */
function isUnderWay(source: RunStep | undefined, target: RunStep | undefined): boolean {
  return Boolean(source?.parent && target && !NOT_REACHED.has(target.state));
}

function wasTaken(edge: EdgeDoc, source: RunStep, target: RunStep | undefined): boolean {
  if (source.state === "SKIPPED" || source.state === "CANCELLED" || !target || target.state === "SKIPPED")
    return false;
  if (source.port) return source.port === portOf(edge);
  // Inside a loop each item goes its own way: an edge counts once anything arrived behind it.
  const failed = source.state === "FAILED" || source.state === "DEAD";
  return failed === (portOf(edge) === "error") && !NOT_REACHED.has(target.state);
}

/** Where a person says what follows, of the step or of the first of its parts that asks. */
export function decisionAddress(run: Run, step: RunStep): string | null {
  if (!step.decide || !run.rights.decide) return null;
  const item = step.chunks.find((chunk) => chunk.decide)?.item ?? 0;
  return `/runs/${run.id}/steps/${step.node}/${item}/decision/`;
}

/** Whose outputs a step got to work on: those right before it, or the loop it begins. */
export function sourcesOf(document: WorkflowDocument, step: RunStep): string[] {
  if (step.undoes) return [step.undoes];
  const before = drawnEdges(document)
    .filter((edge) => edge.to === step.node)
    .map((edge) => edge.from);
  return before.length || !step.parent ? before : [step.parent];
}

export function errorText(error: Json | undefined): string {
  if (error === null || error === undefined) return "";
  if (typeof error === "string") return error;
  if (isObject(error) && typeof error.message === "string") return error.message;
  return JSON.stringify(error);
}
