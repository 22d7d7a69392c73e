// Operations: every edit as data that can be applied, inverted, squashed and sent again.
import { edgeId, type EdgeDoc, type NodeDoc, type Point, type WorkflowDocument } from "./document";
import { type Json, same } from "./json";

export type SettingName = "name" | "input_schema" | "sample_input" | "settings";

interface Listed<T> {
  id: string;
  before: T | null;
  after: T | null;
  index: number;
}

export type Change =
  | ({ kind: "node" } & Listed<NodeDoc>)
  | ({ kind: "edge" } & Listed<EdgeDoc>)
  | { kind: "place"; id: string; before: Point | null; after: Point | null }
  | { kind: "setting"; id: SettingName; before: Json; after: Json };

export interface Operation {
  label: string;
  changes: Change[];
  /** Operations in a row with the same key become one entry of the history. */
  coalesce?: string;
}

export function applyChange(document: WorkflowDocument, change: Change): WorkflowDocument {
  switch (change.kind) {
    case "node":
      return { ...document, nodes: putListed(document.nodes, change, (node) => node.id) };
    case "edge":
      return { ...document, edges: putListed(document.edges, change, edgeId) };
    case "place":
      return { ...document, layout: placed(document.layout ?? {}, change.id, change.after) };
    case "setting":
      return withSetting(document, change.id, change.after);
  }
}

function putListed<T>(list: T[], change: Listed<T>, idOf: (item: T) => string): T[] {
  const at = list.findIndex((item) => idOf(item) === change.id);
  if (change.after === null) return at < 0 ? list : list.toSpliced(at, 1);
  if (at >= 0) return list.with(at, change.after);
  return list.toSpliced(Math.min(change.index, list.length), 0, change.after);
}

function placed(layout: Record<string, Point>, id: string, point: Point | null): Record<string, Point> {
  const next = { ...layout };
  if (point) next[id] = point;
  else Reflect.deleteProperty(next, id);
  return next;
}

function withSetting(document: WorkflowDocument, name: SettingName, value: Json): WorkflowDocument {
  if (name === "name") return { ...document, name: String(value ?? "") };
  const next = { ...document, [name]: value };
  if (value === null) Reflect.deleteProperty(next, name);
  return next;
}

export function apply(document: WorkflowDocument, changes: Change[]): WorkflowDocument {
  return changes.reduce(applyChange, document);
}

function invertChange(change: Change): Change {
  return { ...change, before: change.after, after: change.before } as Change;
}

export function invert(operation: Operation): Operation {
  return { ...operation, changes: operation.changes.map(invertChange).reverse() };
}

/** One change per entity: what stood before the first, and after the last. */
export function squash(changes: Change[]): Change[] {
  const net = new Map<string, Change>();
  for (const change of changes) {
    const key = `${change.kind} ${change.id}`;
    const earlier = net.get(key);
    net.set(
      key,
      earlier ? ({ ...change, before: earlier.before, index: indexOf(earlier) } as Change) : change,
    );
  }
  return [...net.values()].filter((change) => !same(change.before, change.after));
}

function indexOf(change: Change): number | undefined {
  return "index" in change ? change.index : undefined;
}

/** What turns one document into the other. */
export function difference(before: WorkflowDocument, after: WorkflowDocument): Change[] {
  const editor = new Editor(before);
  const nodes = new Set(after.nodes.map((node) => node.id));
  const edges = new Set(after.edges.map(edgeId));
  const layout = after.layout ?? {};
  for (const edge of before.edges) if (!edges.has(edgeId(edge))) editor.removeEdge(edge);
  for (const node of before.nodes) if (!nodes.has(node.id)) editor.removeNode(node.id);
  for (const node of after.nodes) editor.putNode(node);
  for (const edge of after.edges) editor.putEdge(edge);
  for (const id of Object.keys(before.layout ?? {})) if (!layout[id]) editor.place(id, null);
  for (const [id, point] of Object.entries(layout)) editor.place(id, point);
  editor.set("name", after.name);
  editor.set("input_schema", after.input_schema ?? null);
  editor.set("sample_input", after.sample_input ?? null);
  editor.set("settings", after.settings ?? null);
  return editor.changes;
}

/** Applies edits to a document one after the other and writes down each as a change. */
export class Editor {
  readonly changes: Change[] = [];
  document: WorkflowDocument;

  constructor(document: WorkflowDocument) {
    this.document = document;
  }

  putNode(node: NodeDoc): void {
    this.record({
      kind: "node",
      id: node.id,
      ...this.slot(this.document.nodes, (item) => item.id === node.id),
      after: node,
    });
  }

  removeNode(id: string): void {
    this.record({
      kind: "node",
      id,
      ...this.slot(this.document.nodes, (item) => item.id === id),
      after: null,
    });
  }

  putEdge(edge: EdgeDoc): void {
    const id = edgeId(edge);
    this.record({
      kind: "edge",
      id,
      ...this.slot(this.document.edges, (item) => edgeId(item) === id),
      after: edge,
    });
  }

  removeEdge(edge: EdgeDoc): void {
    const id = edgeId(edge);
    this.record({
      kind: "edge",
      id,
      ...this.slot(this.document.edges, (item) => edgeId(item) === id),
      after: null,
    });
  }

  place(id: string, point: Point | null): void {
    this.record({ kind: "place", id, before: this.document.layout?.[id] ?? null, after: point });
  }

  set(name: SettingName, value: Json): void {
    this.record({ kind: "setting", id: name, before: this.document[name] ?? null, after: value });
  }

  operation(label: string, coalesce?: string): Operation {
    return coalesce ? { label, changes: this.changes, coalesce } : { label, changes: this.changes };
  }

  private slot<T>(list: T[], matches: (item: T) => boolean): { before: T | null; index: number } {
    const index = list.findIndex(matches);
    return index < 0 ? { before: null, index: list.length } : { before: list[index] ?? null, index };
  }

  private record(change: Change): void {
    if (same(change.before, change.after)) return;
    this.changes.push(change);
    this.document = applyChange(this.document, change);
  }
}
