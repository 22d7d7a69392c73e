// Copy and paste of steps, within a workflow and across workflows.
import { type EdgeDoc, type NodeDoc, type Point, type WorkflowDocument } from "./document";
import { freshId } from "./edits";
import { type Places, snap } from "./geometry";
import { isObject, type Json } from "./json";
import { Editor, type Operation } from "./operations";

export interface Clip {
  rapport: "steps";
  nodes: NodeDoc[];
  edges: EdgeDoc[];
  places: Record<string, Point>;
}

export function copySteps(
  document: WorkflowDocument,
  selected: ReadonlySet<string>,
  places: Places,
): Clip | null {
  const nodes = document.nodes.filter((node) =>
    [node.id, node.parent, node.undoes].some((id) => selected.has(id ?? "")),
  );
  if (nodes.length === 0) return null;
  const ids = new Set(nodes.map((node) => node.id));
  const edges = document.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  return {
    rapport: "steps",
    nodes,
    edges,
    places: Object.fromEntries([...ids].map((id) => [id, places[id] ?? { x: 0, y: 0 }])),
  };
}

export function readClip(text: string): Clip | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value.rapport === "steps" && Array.isArray(value.nodes)
      ? (value as unknown as Clip)
      : null;
  } catch {
    return null;
  }
}

export interface Pasted {
  operation: Operation;
  ids: string[];
}

/** The copied steps with fresh ids; references among them follow. */
export function pasteSteps(document: WorkflowDocument, clip: Clip): Pasted {
  const taken = new Set(document.nodes.map((node) => node.id));
  const ids = new Map<string, string>();
  for (const node of clip.nodes) {
    const id = freshId(taken, node.type);
    taken.add(id);
    ids.set(node.id, id);
  }
  const editor = new Editor(document);
  for (const node of clip.nodes) {
    const id = ids.get(node.id) ?? node.id;
    editor.putNode(pastedNode(document, node, id, ids));
    const at = clip.places[node.id] ?? { x: 0, y: 0 };
    editor.place(id, ids.has(node.parent ?? "") ? at : snap({ x: at.x + 32, y: at.y + 32 }));
  }
  for (const edge of clip.edges)
    editor.putEdge({ ...edge, from: ids.get(edge.from) ?? edge.from, to: ids.get(edge.to) ?? edge.to });
  const roots = clip.nodes.filter((node) => !ids.has(node.parent ?? ""));
  const label =
    clip.nodes.length === 1 ? `Paste ${clip.nodes[0]?.label ?? "step"}` : `Paste ${clip.nodes.length} steps`;
  return { operation: editor.operation(label), ids: roots.map((node) => ids.get(node.id) ?? node.id) };
}

function pastedNode(
  document: WorkflowDocument,
  node: NodeDoc,
  id: string,
  ids: ReadonlyMap<string, string>,
): NodeDoc {
  const { parent, inputs, undoes, ...rest } = node;
  const next: NodeDoc = { ...rest, id };
  // Pasted without the step that it takes back, it is a step like any other.
  const undone = ids.get(undoes ?? "");
  if (undone) next.undoes = undone;
  if (node.config) next.config = renameSteps(node.config, ids) as NodeDoc["config"];
  if (inputs)
    next.inputs = inputs.map((input) => input.replace(/^[a-z][a-z0-9_]*/, (name) => ids.get(name) ?? name));
  const container =
    ids.get(parent ?? "") ?? (document.nodes.some((item) => item.id === parent) ? parent : null);
  return container ? { ...next, parent: container } : next;
}

/** Renames `steps.<id>` wherever a text mentions it. */
export function renameSteps(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === "string")
    return value.replace(/\bsteps\.([a-z][a-z0-9_]*)/g, (text, id: string) =>
      ids.has(id) ? `steps.${ids.get(id)}` : text,
    );
  if (Array.isArray(value)) return value.map((item) => renameSteps(item, ids));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameSteps(item, ids)]));
  return value;
}
