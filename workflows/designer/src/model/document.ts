// The workflow document as the server keeps it, and questions about its graph.
import { isObject, type Json, type JsonObject } from "./json";

export interface Point {
  x: number;
  y: number;
}

/** How a step is carried out, beside what it does; the server's schema says what each may hold. */
export interface Policies {
  retry?: JsonObject | null;
  timeout_seconds?: number | null;
  cache_minutes?: number | null;
  on_failure?: string | null;
  on_uncertain?: string | null;
  /** The step that this one takes back when a run fails. */
  undoes?: string | null;
  priority?: number | null;
  join?: JsonObject | null;
  limit?: JsonObject | null;
}

export interface NodeDoc extends Policies {
  id: string;
  type: string;
  label?: string;
  config?: JsonObject;
  inputs?: string[];
  parent?: string | null;
  note?: string;
}

export interface EdgeDoc {
  from: string;
  to: string;
  port?: string;
}

export interface WorkflowDocument {
  name: string;
  nodes: NodeDoc[];
  edges: EdgeDoc[];
  layout?: Record<string, Point>;
  input_schema?: JsonObject | null;
  sample_input?: Json;
  settings?: JsonObject | null;
}

export function edgeId(edge: EdgeDoc): string {
  return `${edge.from}:${portOf(edge)}>${edge.to}`;
}

export function portOf(edge: EdgeDoc): string {
  return edge.port ?? "out";
}

export function findNode(document: WorkflowDocument, id: string | null | undefined): NodeDoc | undefined {
  return document.nodes.find((node) => node.id === id);
}

export function parentOf(node: NodeDoc | undefined): string | null {
  return node?.parent ?? null;
}

export function childrenOf(document: WorkflowDocument, id: string): NodeDoc[] {
  return document.nodes.filter((node) => node.parent === id);
}

const STEP_REFERENCE = /^([a-z][a-z0-9_]*)\.output\b/;

/** Edges as drawn: the written ones, and those that `inputs` imply. */
export function drawnEdges(document: WorkflowDocument): EdgeDoc[] {
  const ids = new Set(document.nodes.map((node) => node.id));
  const joined = new Set(document.edges.map((edge) => `${edge.from}>${edge.to}`));
  const implied = document.nodes.flatMap((node) =>
    (node.inputs ?? [])
      .map((input) => STEP_REFERENCE.exec(input)?.[1])
      .filter(
        (from): from is string => from !== undefined && ids.has(from) && !joined.has(`${from}>${node.id}`),
      )
      .map((from) => ({ from, to: node.id })),
  );
  return implied.length ? [...document.edges, ...implied] : document.edges;
}

/** Every step that runs before this one, those before its container included. */
export function upstream(document: WorkflowDocument, id: string): string[] {
  const edges = drawnEdges(document);
  const found = new Set<string>();
  const queue = [id];
  for (let current = queue.pop(); current !== undefined; current = queue.pop()) {
    const before = edges.filter((edge) => edge.to === current).map((edge) => edge.from);
    const node = findNode(document, current);
    const container = parentOf(node);
    if (container && container !== current) queue.push(container);
    // What it takes back has run, and so has what stands before that.
    if (node?.undoes) before.push(node.undoes);
    for (const from of before) {
      if (from !== id && !found.has(from)) {
        found.add(from);
        queue.push(from);
      }
    }
  }
  return document.nodes.map((node) => node.id).filter((nodeId) => found.has(nodeId));
}

/** The step and every step after it. */
export function downstream(document: WorkflowDocument, id: string): Set<string> {
  const next = new Map<string, string[]>();
  for (const edge of drawnEdges(document)) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  const found = new Set([id]);
  const queue = [id];
  for (let current = queue.pop(); current !== undefined; current = queue.pop()) {
    for (const to of next.get(current) ?? []) {
      if (!found.has(to)) {
        found.add(to);
        queue.push(to);
      }
    }
  }
  return found;
}

/** The document in a value read from a file or the server, or an explanation why it is none. */
export function readDocument(value: unknown): WorkflowDocument | string {
  if (!isObject(value)) return "The file does not hold a workflow.";
  if (!Array.isArray(value.nodes)) return "The workflow has no list of nodes.";
  for (const node of value.nodes) {
    if (!isObject(node) || typeof node.id !== "string" || typeof node.type !== "string")
      return "Every node needs an id and a type.";
  }
  const edges = Array.isArray(value.edges) ? value.edges : [];
  for (const edge of edges) {
    if (!isObject(edge) || typeof edge.from !== "string" || typeof edge.to !== "string")
      return "Every edge needs a from and a to.";
  }
  const name = typeof value.name === "string" ? value.name : "";
  return { ...value, name, nodes: value.nodes, edges } as unknown as WorkflowDocument;
}
