// Runs as the API tells them, folded into what each card and edge of the graph shows.
import { drawnEdges, type EdgeDoc, portOf, type WorkflowDocument } from "./document";
import { isObject, type Json } from "./json";

export interface RunStep {
  node: string;
  type: string;
  label: string;
  item: number | null;
  state: string;
  attempt: number;
  input?: Json;
  output: Json;
  error: Json;
  started_at: string | null;
  ended_at: string | null;
  agent: string | null;
  wait: Json;
  port?: string | null;
  attempts?: Json;
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
  created_at: string;
  finished_at: string | null;
  steps: RunStep[];
  document?: WorkflowDocument;
  error?: Json;
}

export interface NodeRun {
  state: string;
  steps: RunStep[];
  done: number;
  started: number | null;
  ended: number | null;
  attempt: number;
}

export type Overlay = ReadonlyMap<string, NodeRun>;

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
// A step of many chunks shows the state that most wants an eye.
const LOUDEST = [
  "FAILED",
  "DEAD",
  "UNCERTAIN",
  "RUNNING",
  "WAITING",
  "READY",
  "PENDING",
  "CANCELLED",
  "SUCCEEDED",
  "SKIPPED",
];
const SETTLED = new Set(["SUCCEEDED", "SKIPPED", "FAILED", "CANCELLED", "DEAD"]);

export function hasEnded(run: Run): boolean {
  return ENDED.has(run.state);
}

/** WAITING when every open step of a running run waits. */
export function shownState(run: Run): string {
  if (run.state !== "RUNNING") return run.state;
  const open = run.steps.filter((step) => !SETTLED.has(step.state) && step.state !== "PENDING");
  return open.length > 0 && open.every((step) => step.state === "WAITING") ? "WAITING" : "RUNNING";
}

export function overlayOf(run: Run): Overlay {
  const groups = new Map<string, RunStep[]>();
  for (const step of run.steps ?? []) {
    const group = groups.get(step.node);
    if (group) group.push(step);
    else groups.set(step.node, [step]);
  }
  return new Map([...groups].map(([node, steps]) => [node, foldSteps(steps)]));
}

function foldSteps(steps: RunStep[]): NodeRun {
  const states = new Set(steps.map((step) => step.state));
  const started = steps.map((step) => time(step.started_at)).filter((at) => at !== null);
  const ended = steps.map((step) => time(step.ended_at)).filter((at) => at !== null);
  const settled = steps.filter((step) => SETTLED.has(step.state)).length;
  return {
    state: LOUDEST.find((state) => states.has(state)) ?? "PENDING",
    steps,
    done: settled,
    started: started.length ? Math.min(...started) : null,
    ended: settled === steps.length && ended.length ? Math.max(...ended) : null,
    attempt: Math.max(...steps.map((step) => step.attempt)),
  };
}

export function time(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}

export type EdgeRun = "taken" | "running" | "skipped" | "ahead";

/** What became of an edge: whether it was taken, and whether its target runs now. */
export function edgeRun(edge: EdgeDoc, overlay: Overlay): EdgeRun {
  const source = overlay.get(edge.from);
  const target = overlay.get(edge.to);
  if (!source || !SETTLED.has(source.state)) return "ahead";
  if (!wasTaken(edge, source, target)) return "skipped";
  return target && (target.state === "RUNNING" || target.state === "READY") ? "running" : "taken";
}

function wasTaken(edge: EdgeDoc, source: NodeRun, target: NodeRun | undefined): boolean {
  if (source.state === "SKIPPED" || source.state === "CANCELLED" || !target || target.state === "SKIPPED")
    return false;
  const failed = source.state === "FAILED" || source.state === "DEAD";
  if (failed || portOf(edge) === "error") return failed && portOf(edge) === "error";
  const port = portTaken(source.steps[0]);
  return port === null || port === portOf(edge);
}

function portTaken(step: RunStep | undefined): string | null {
  if (step?.port) return step.port;
  const output = step?.output;
  if (!isObject(output)) return null;
  const told = output.port ?? output.decision;
  return typeof told === "string" ? told : null;
}

export function edgeRuns(document: WorkflowDocument, overlay: Overlay): Map<EdgeDoc, EdgeRun> {
  return new Map(drawnEdges(document).map((edge) => [edge, edgeRun(edge, overlay)]));
}

/** What a step got to work on: the outputs of the steps right before it. */
export function inputOf(document: WorkflowDocument, run: Run, step: RunStep): Json {
  if (step.input !== undefined) return step.input;
  const before = drawnEdges(document).filter((edge) => edge.to === step.node);
  if (before.length === 0) return run.input;
  const outputs = before.map((edge) => run.steps.find((other) => other.node === edge.from)?.output ?? null);
  return outputs.length === 1
    ? (outputs[0] ?? null)
    : Object.fromEntries(before.map((edge, i) => [edge.from, outputs[i] ?? null]));
}

export function errorText(error: Json | undefined): string {
  if (error === null || error === undefined) return "";
  if (typeof error === "string") return error;
  if (isObject(error) && typeof error.message === "string") return error.message;
  return JSON.stringify(error);
}
