// The edits a person makes on the canvas, each built as one named operation.
import {
  downstream,
  drawnEdges,
  type EdgeDoc,
  edgeId,
  findNode,
  type NodeDoc,
  parentOf,
  type Point,
  portOf,
  type WorkflowDocument,
} from "./document";
import { CARD_WIDTH, CONTAINER, GAP_X, GAP_Y, type Places, type Sizes, snap } from "./geometry";
import { type Json, withKey } from "./json";
import { Editor, type Operation, type SettingName } from "./operations";
import { isTrigger, portsOf, type StepType, type StepTypes, titleOf } from "./steptypes";
import { defaultConfig } from "./schema";
import { undoPlace, undoSteps, withUndoSteps } from "./undo";

export interface Context {
  document: WorkflowDocument;
  types: StepTypes;
  places: Places;
  sizes: Sizes;
}

export interface Added {
  operation: Operation;
  id: string;
}

/** An unused id that reads like the step type. */
export function freshId(taken: ReadonlySet<string>, type: string): string {
  const base = type.replace(/^trigger_/, "on_").slice(0, 34);
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number++;
  return `${base}_${number}`;
}

function newNode(document: WorkflowDocument, type: StepType, parent: string | null): NodeDoc {
  const id = freshId(new Set(document.nodes.map((node) => node.id)), type.key);
  const node: NodeDoc = { id, type: type.key, label: type.title, config: defaultConfig(type.schema) };
  return parent && fitsInside(type) ? { ...node, parent } : node;
}

/** Neither a trigger nor another container can stand inside a container. */
export function fitsInside(type: StepType): boolean {
  return !type.container && !type.only_at_top && type.family !== "trigger";
}

/** What is carried out to take another step back: no trigger, and no container. */
export function canUndo(type: StepType): boolean {
  return !type.container && type.family !== "trigger";
}

/** Adds a step that takes another one back when a run fails; it stands beside it, and no edge leads there. */
export function addUndo(context: Context, type: StepType, of: string): Added | null {
  const { document, places, sizes, types } = context;
  const undone = findNode(document, of);
  if (!undone || !canUndo(type) || !mayBeUndone(document, types, undone)) return null;
  const editor = new Editor(document);
  const node = newNode(document, type, null);
  editor.putNode({ ...node, undoes: of });
  editor.place(node.id, snap(undoPlace(places[of] ?? { x: 0, y: 0 }, sizes.get(of) ?? CONTAINER)));
  return { operation: editor.operation(`Add an undo step to ${titleOf(undone, types)}`), id: node.id };
}

/** Steps at the top can be taken back, once each; triggers did nothing, and inside a container nothing is undone. */
export function mayBeUndone(document: WorkflowDocument, types: StepTypes, node: NodeDoc): boolean {
  if (node.parent || node.undoes || undoSteps(document).has(node.id)) return false;
  return !isTrigger(types.get(node.type), node);
}

export function addStep(context: Context, type: StepType, at: Point, parent: string | null): Added {
  const editor = new Editor(context.document);
  const node = newNode(context.document, type, parent);
  editor.putNode(node);
  editor.place(node.id, snap(node.parent ? insideContainer(at) : at));
  return { operation: editor.operation(`Add ${type.title}`), id: node.id };
}

function insideContainer(at: Point): Point {
  return {
    x: Math.max(at.x, CONTAINER.padding),
    y: Math.max(at.y, CONTAINER.header + CONTAINER.padding / 2),
  };
}

/** Adds a step behind a port; what stood behind that port moves behind the new step. */
export function addAfter(context: Context, type: StepType, from: string, port: string): Added | null {
  const source = findNode(context.document, from);
  if (!source || source.undoes) return null;
  if (source.parent && !fitsInside(type))
    return addStep(context, type, belowContainer(context, source.parent), null);
  const edges = drawnEdges(context.document).filter((edge) => edge.from === from && portOf(edge) === port);
  const edge = edges.length === 1 ? edges[0] : undefined;
  return edge ? insertOnEdge(context, type, edge) : addBehind(context, type, source, port);
}

function belowContainer(context: Context, id: string): Point {
  const at = context.places[id] ?? { x: 0, y: 0 };
  return { x: at.x, y: at.y + (context.sizes.get(id)?.height ?? CONTAINER.height) + GAP_Y };
}

function addBehind(context: Context, type: StepType, source: NodeDoc, port: string): Added {
  const editor = new Editor(context.document);
  const node = newNode(context.document, type, parentOf(source));
  editor.putNode(node);
  editor.place(node.id, freePlace(context, source, port));
  if (type.family !== "trigger") editor.putEdge(newEdge(source.id, node.id, port));
  return { operation: editor.operation(`Add ${type.title}`), id: node.id };
}

function newEdge(from: string, to: string, port: string): EdgeDoc {
  return port === "out" ? { from, to } : { from, to, port };
}

/** To the right of a step, below whatever stands there already. */
function freePlace(context: Context, source: NodeDoc, port: string): Point {
  const at = context.places[source.id] ?? { x: 0, y: 0 };
  const size = context.sizes.get(source.id) ?? { width: CARD_WIDTH, height: 64 };
  const ports = portsOf(context.types.get(source.type), source);
  const x = at.x + size.width + GAP_X;
  let y = at.y + (ports.length > 1 ? (ports.indexOf(port) - (ports.length - 1) / 2) * 104 : 0);
  const level = context.document.nodes.filter((node) => parentOf(node) === parentOf(source));
  const boxes = level.map((node) => ({
    ...(context.places[node.id] ?? at),
    ...(context.sizes.get(node.id) ?? size),
  }));
  const taken = (top: number) =>
    boxes.some(
      (box) =>
        box.x < x + CARD_WIDTH && box.x + box.width > x && box.y < top + 80 && box.y + box.height > top - 16,
    );
  for (let tries = 0; taken(y) && tries < 50; tries++) y += 24;
  return snap(parentOf(source) ? insideContainer({ x, y }) : { x, y });
}

export function insertOnEdge(context: Context, type: StepType, edge: EdgeDoc): Added | null {
  const [source, target] = [findNode(context.document, edge.from), findNode(context.document, edge.to)];
  if (!source || !target || type.family === "trigger" || (source.parent && !fitsInside(type))) return null;
  const editor = new Editor(context.document);
  const node = newNode(context.document, type, parentOf(source));
  const at = makeRoom(context, editor, source, target, type);
  editor.putNode(node);
  editor.place(node.id, at);
  editor.removeEdge(edge);
  editor.putEdge(newEdge(source.id, node.id, portOf(edge)));
  editor.putEdge(newEdge(node.id, target.id, type.ports[0] ?? "out"));
  return { operation: editor.operation(`Insert ${type.title}`), id: node.id };
}

/** Pushes what follows to the right until the new step fits before it. */
function makeRoom(context: Context, editor: Editor, source: NodeDoc, target: NodeDoc, type: StepType): Point {
  const from = context.places[source.id] ?? { x: 0, y: 0 };
  const to = context.places[target.id] ?? from;
  const width = type.container ? CONTAINER.width : CARD_WIDTH;
  const x = from.x + (context.sizes.get(source.id)?.width ?? CARD_WIDTH) + GAP_X;
  const missing = x + width + GAP_X - to.x;
  if (missing > 0) {
    for (const id of downstream(context.document, target.id)) {
      const at = context.places[id];
      const level = parentOf(findNode(context.document, id));
      if (at && level === parentOf(target)) editor.place(id, snap({ x: at.x + missing, y: at.y }));
    }
  }
  return snap({ x, y: to.y });
}

export function connect(context: Context, from: string, to: string, port: string): Operation | null {
  if (!canConnect(context.document, context.types, from, to)) return null;
  const editor = new Editor(context.document);
  editor.putEdge(newEdge(from, to, port));
  const name = (id: string) => titleOf(findNode(context.document, id) ?? { id, type: id }, context.types);
  return editor.operation(`Connect ${name(from)} to ${name(to)}`);
}

/** An edge joins two steps of one level, leads into no trigger and closes no circle. */
export function canConnect(document: WorkflowDocument, types: StepTypes, from: string, to: string): boolean {
  const [source, target] = [findNode(document, from), findNode(document, to)];
  if (!source || !target || from === to) return false;
  if (parentOf(source) !== parentOf(target) || source.undoes || target.undoes) return false;
  if (types.get(target.type)?.family === "trigger") return false;
  return !downstream(document, to).has(from);
}

export function removeParts(context: Context, nodeIds: Iterable<string>, edges: EdgeDoc[]): Operation | null {
  const editor = new Editor(context.document);
  const gone = new Set(nodeIds);
  for (const node of context.document.nodes)
    if (gone.has(node.parent ?? "") || gone.has(node.undoes ?? "")) gone.add(node.id);
  const cut = new Set(edges.map(edgeId));
  for (const edge of context.document.edges)
    if (gone.has(edge.from) || gone.has(edge.to) || cut.has(edgeId(edge))) editor.removeEdge(edge);
  for (const id of gone) {
    editor.removeNode(id);
    editor.place(id, null);
  }
  if (editor.changes.length === 0) return null;
  return editor.operation(removalLabel(context, [...gone]));
}

function removalLabel(context: Context, ids: string[]): string {
  if (ids.length === 0) return "Remove connection";
  const first = findNode(context.document, ids[0]);
  return ids.length === 1 && first ? `Delete ${titleOf(first, context.types)}` : `Delete ${ids.length} steps`;
}

export function moveSteps(context: Context, moved: ReadonlyMap<string, Point>): Operation | null {
  const editor = new Editor(context.document);
  // The first move writes every place down, or steps without one would jump about.
  if (!context.document.nodes.every((node) => context.document.layout?.[node.id]))
    for (const node of context.document.nodes) editor.place(node.id, context.places[node.id] ?? null);
  const before = editor.changes.length;
  for (const [id, point] of withUndoSteps(context.document, context.places, moved))
    editor.place(id, snap(point));
  if (editor.changes.length === before) return null;
  const [id] = moved.keys();
  const node = findNode(context.document, id);
  return editor.operation(
    moved.size === 1 && node ? `Move ${titleOf(node, context.types)}` : `Move ${moved.size} steps`,
  );
}

export function tidy(context: Context, places: Places): Operation | null {
  const editor = new Editor(context.document);
  for (const [id, point] of Object.entries(places)) editor.place(id, snap(point));
  return editor.changes.length ? editor.operation("Tidy layout") : null;
}

/** Puts a step into a container, or out of it, and cuts the edges that would cross its border. */
export function moveToLevel(
  context: Context,
  id: string,
  parent: string | null,
  at: Point,
): Operation | null {
  const node = findNode(context.document, id);
  if (!node || parentOf(node) === parent || node.undoes) return null;
  const editor = new Editor(context.document);
  for (const edge of context.document.edges) if (edge.from === id || edge.to === id) editor.removeEdge(edge);
  editor.putNode(withKey(node, "parent", parent ?? undefined));
  editor.place(id, snap(parent ? insideContainer(at) : at));
  const title = titleOf(node, context.types);
  return editor.operation(parent ? `Move ${title} into the loop` : `Move ${title} out of the loop`);
}

export function setField(
  context: Context,
  id: string,
  field: string,
  value: Json | undefined,
): Operation | null {
  const node = findNode(context.document, id);
  if (!node) return null;
  const config = withKey(node.config ?? {}, field, value);
  return putNode(context, { ...node, config }, `Change ${field.replaceAll("_", " ")} of`, `${id}.${field}`);
}

export function setProperty(
  context: Context,
  id: string,
  key: keyof NodeDoc,
  value: unknown,
): Operation | null {
  const node = findNode(context.document, id);
  if (!node) return null;
  const label = key === "label" ? "Rename" : `Change ${key.replaceAll("_", " ")} of`;
  return putNode(context, withKey(node, key, value), label, `${id}#${key}`);
}

function putNode(context: Context, node: NodeDoc, label: string, coalesce: string): Operation | null {
  const editor = new Editor(context.document);
  editor.putNode(node);
  if (editor.changes.length === 0) return null;
  return editor.operation(`${label} ${titleOf(node, context.types)}`, coalesce);
}

export function setSetting(
  document: WorkflowDocument,
  name: SettingName,
  value: Json,
  label: string,
): Operation | null {
  const editor = new Editor(document);
  editor.set(name, value);
  return editor.changes.length ? editor.operation(label, `setting.${name}`) : null;
}
