// Turns the document into React Flow's nodes and edges, reusing every object that did not change.
import { type Edge, type Node, type NodeHandle, Position } from "@xyflow/react";
import { drawnEdges, type EdgeDoc, edgeId, type NodeDoc, type Point, portOf } from "../model/document";
import type { Context } from "../model/edits";
import { CONTAINER, isContainer, portOffset, type Size } from "../model/geometry";
import { isTrigger, portsOf, type StepType } from "../model/steptypes";
import { undoSteps } from "../model/undo";

export interface StepData extends Record<string, unknown> {
  node: NodeDoc;
  type: StepType | undefined;
  ports: string[];
  height: number;
  isTrigger: boolean;
  /** Another step takes this one back. */
  isUndone: boolean;
}

export type StepNode = Node<StepData, "step" | "container">;

export interface LinkData extends Record<string, unknown> {
  /** Missing for the dashed lines that are no edges: into a container's body, to an undo step. */
  edge: EdgeDoc | null;
}

export type LinkEdge = Edge<LinkData, "link" | "entry" | "undo">;

export const ENTRY_HANDLE = "body";
export const UNDO_HANDLE = "undo";
/** Where the line between a step and its undo step leaves and arrives, from the left. */
export const UNDO_X = 30;
const HANDLE = 12;

interface Cached {
  key: readonly unknown[];
  node: StepNode;
}

export class Projection {
  private nodes = new Map<string, Cached>();
  private edges = new Map<string, LinkEdge>();

  /** Parents stand before their children, as React Flow asks. */
  nodesOf(context: Context, selection: ReadonlySet<string>, moving: ReadonlyMap<string, Point>): StepNode[] {
    const next = new Map<string, Cached>();
    const roots: StepNode[] = [];
    const children: StepNode[] = [];
    for (const doc of context.document.nodes) {
      const cached = this.nodeOf(context, doc, selection.has(doc.id), moving);
      next.set(doc.id, cached);
      (doc.parent ? children : roots).push(cached.node);
    }
    this.nodes = next;
    return children.length ? [...roots, ...children] : roots;
  }

  private nodeOf(
    context: Context,
    doc: NodeDoc,
    selected: boolean,
    moving: ReadonlyMap<string, Point>,
  ): Cached {
    const at = moving.get(doc.id) ?? context.places[doc.id] ?? { x: 0, y: 0 };
    const size = context.sizes.get(doc.id) ?? CONTAINER;
    const type = context.types.get(doc.type);
    const isUndone = undoSteps(context.document).has(doc.id);
    const key = [
      doc,
      at.x,
      at.y,
      size.width,
      size.height,
      selected,
      type,
      moving.has(doc.id),
      isUndone,
    ] as const;
    const cached = this.nodes.get(doc.id);
    if (cached && key.every((part, index) => part === cached.key[index])) return cached;
    return { key, node: this.build(context, doc, at, size, selected, moving.has(doc.id), isUndone) };
  }

  private build(
    context: Context,
    doc: NodeDoc,
    at: Point,
    size: Size,
    selected: boolean,
    dragging: boolean,
    isUndone: boolean,
  ): StepNode {
    const type = context.types.get(doc.type);
    const container = isContainer(doc, context.types);
    const ports = portsOf(type, doc);
    const { width, height } = size;
    const cardHeight = container ? CONTAINER.header : height;
    const data = { node: doc, type, ports, height: cardHeight, isTrigger: isTrigger(type, doc), isUndone };
    const node: StepNode = {
      id: doc.id,
      type: container ? "container" : "step",
      position: at,
      data,
      width,
      height,
      measured: { width, height },
      handles: handlesOf(data, width, cardHeight, height, container),
      selected,
      dragging,
      zIndex: container ? 0 : 1,
    };
    if (doc.parent) {
      node.parentId = doc.parent;
      node.extent = [
        [CONTAINER.padding, CONTAINER.header + CONTAINER.padding / 2],
        [Infinity, Infinity],
      ];
    }
    return node;
  }

  edgesOf(context: Context, selectedEdge: string | null): LinkEdge[] {
    const next = new Map<string, LinkEdge>();
    const targets = new Set<string>();
    for (const edge of drawnEdges(context.document)) {
      targets.add(edge.to);
      const id = edgeId(edge);
      next.set(id, this.linkOf(id, edge, id === selectedEdge));
    }
    for (const node of context.document.nodes) {
      if (!node.parent || targets.has(node.id)) continue;
      const id = `entry:${node.id}`;
      next.set(id, this.edges.get(id) ?? entryEdge(id, node.parent, node.id));
    }
    for (const [undone, undo] of undoSteps(context.document)) {
      const id = `undo:${undo}`;
      const known = this.edges.get(id);
      next.set(id, known?.source === undone ? known : undoEdge(id, undone, undo));
    }
    this.edges = next;
    return [...next.values()];
  }

  private linkOf(id: string, edge: EdgeDoc, selected: boolean): LinkEdge {
    const cached = this.edges.get(id);
    if (cached && cached.selected === selected && cached.data?.edge === edge) return cached;
    return {
      id,
      type: "link",
      source: edge.from,
      sourceHandle: portOf(edge),
      target: edge.to,
      targetHandle: "in",
      data: { edge },
      selected,
      zIndex: 1,
    };
  }
}

const NO_EDGE = { data: { edge: null }, selectable: false, focusable: false, deletable: false, zIndex: 1 };

function entryEdge(id: string, container: string, to: string): LinkEdge {
  const ends = { source: container, sourceHandle: ENTRY_HANDLE, target: to, targetHandle: "in" };
  return { id, type: "entry", ...ends, ...NO_EDGE };
}

function undoEdge(id: string, undone: string, undo: string): LinkEdge {
  const ends = { source: undone, sourceHandle: UNDO_HANDLE, target: undo, targetHandle: UNDO_HANDLE };
  return { id, type: "undo", ...ends, ...NO_EDGE };
}

function handlesOf(
  data: StepData,
  width: number,
  head: number,
  height: number,
  container: boolean,
): NodeHandle[] {
  const handle = (
    id: string,
    type: "source" | "target",
    position: Position,
    x: number,
    y: number,
  ): NodeHandle => ({
    id,
    type,
    position,
    x: x - HANDLE / 2,
    y: y - HANDLE / 2,
    width: HANDLE,
    height: HANDLE,
  });
  const handles = data.ports.map((port, index) =>
    handle(port, "source", Position.Right, width, portOffset(index, data.ports.length, head)),
  );
  if (data.isUndone) handles.push(handle(UNDO_HANDLE, "source", Position.Bottom, UNDO_X, height));
  if (data.node.undoes) return [...handles, handle(UNDO_HANDLE, "target", Position.Top, UNDO_X, 0)];
  if (!data.isTrigger) handles.push(handle("in", "target", Position.Left, 0, head / 2));
  if (!data.isTrigger) handles.push(handle("error", "source", Position.Bottom, width / 2, height));
  if (container) handles.push(handle(ENTRY_HANDLE, "source", Position.Right, 16, head + 32));
  return handles;
}
