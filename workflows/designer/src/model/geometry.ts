// Sizes and port positions by formula, so that nothing on the canvas has to be measured.
import type { NodeDoc, Point, WorkflowDocument } from "./document";
import { drawnEdges } from "./document";
import { portsOf, type StepTypes } from "./steptypes";
import { sizeWithUndo, undoPlace, undoSteps, withoutUndoSteps } from "./undo";

export const CARD_WIDTH = 208;
export const CARD_HEIGHT = 64;
export const GRID = 8;
export const GAP_X = 56;
export const GAP_Y = 40;
export const CONTAINER = { header: 56, padding: 24, tail: 56, entry: 40, width: 352, height: 176 };
const PORT_PITCH = 24;

export interface Size {
  width: number;
  height: number;
}

export function cardSize(ports: number): Size {
  return { width: CARD_WIDTH, height: Math.max(CARD_HEIGHT, ports > 2 ? 16 + PORT_PITCH * ports : 0) };
}

/** Distance of a port from the top of its card. */
export function portOffset(index: number, count: number, height: number): number {
  if (count === 1) return height / 2;
  return height / 2 + (index - (count - 1) / 2) * PORT_PITCH;
}

export function snap(point: Point): Point {
  return { x: Math.round(point.x / GRID) * GRID, y: Math.round(point.y / GRID) * GRID };
}

export type Sizes = ReadonlyMap<string, Size>;
export type Places = Readonly<Record<string, Point>>;

export function isContainer(node: NodeDoc, types: StepTypes): boolean {
  return types.get(node.type)?.container ?? node.type === "map";
}

/** The size of every step; a container is as large as what it holds. */
export function sizesOf(document: WorkflowDocument, types: StepTypes, places: Places): Sizes {
  const sizes = new Map<string, Size>();
  const containers: NodeDoc[] = [];
  for (const node of document.nodes) {
    if (isContainer(node, types)) containers.push(node);
    else sizes.set(node.id, cardSize(portsOf(types.get(node.type), node).length));
  }
  const bodies = bodiesOf(document);
  // Inner containers first: a container's own size depends on theirs.
  for (const node of containers.reverse())
    sizes.set(node.id, containerSize(bodies.get(node.id) ?? [], sizes, places));
  return sizes;
}

function bodiesOf(document: WorkflowDocument): Map<string, NodeDoc[]> {
  const bodies = new Map<string, NodeDoc[]>();
  for (const node of document.nodes) {
    if (!node.parent) continue;
    const body = bodies.get(node.parent);
    if (body) body.push(node);
    else bodies.set(node.parent, [node]);
  }
  return bodies;
}

function containerSize(body: NodeDoc[], sizes: Sizes, places: Places): Size {
  let { width, height } = CONTAINER;
  for (const child of body) {
    const at = places[child.id] ?? { x: 0, y: 0 };
    const size = sizes.get(child.id) ?? cardSize(1);
    width = Math.max(width, at.x + size.width + CONTAINER.tail);
    height = Math.max(height, at.y + size.height + CONTAINER.padding);
  }
  return { width, height };
}

/** Where every step stands: as written, and in columns by depth where nothing is written. */
export function placesOf(document: WorkflowDocument, types: StepTypes): Places {
  const written = document.layout ?? {};
  if (document.nodes.every((node) => written[node.id])) return written;
  const places: Record<string, Point> = { ...written };
  const parents = [...new Set(document.nodes.map((node) => node.parent ?? null))];
  // Bodies before the level around them, so that containers have their size.
  parents.sort((a, b) => Number(a === null) - Number(b === null));
  for (const parent of parents) {
    const level = document.nodes.filter((node) => (node.parent ?? null) === parent);
    arrangeLevel(document, level, types, places, parent !== null);
  }
  return places;
}

function arrangeLevel(
  document: WorkflowDocument,
  level: NodeDoc[],
  types: StepTypes,
  places: Record<string, Point>,
  inside: boolean,
): void {
  const columns = columnsOf(document, withoutUndoSteps(document, level));
  const sizes = sizesOf(document, types, places);
  const origin = inside
    ? { x: CONTAINER.padding + CONTAINER.entry, y: CONTAINER.header + CONTAINER.padding }
    : { x: 0, y: 0 };
  let x = origin.x;
  for (const column of columns) {
    let y = origin.y;
    let width = CARD_WIDTH;
    for (const node of column) {
      const size = sizeWithUndo(document, node.id, sizes);
      const at = (places[node.id] ??= { x, y });
      const undo = undoSteps(document).get(node.id);
      if (undo) places[undo] ??= undoPlace(at, sizes.get(node.id) ?? cardSize(1));
      y += size.height + GAP_Y;
      width = Math.max(width, size.width);
    }
    x += width + GAP_X;
  }
}

/** Steps of one level by the length of the longest way to them. */
function columnsOf(document: WorkflowDocument, level: NodeDoc[]): NodeDoc[][] {
  const ids = new Set(level.map((node) => node.id));
  const edges = drawnEdges(document).filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const depth = new Map(level.map((node) => [node.id, 0]));
  // A graph with a cycle must not hold us: as many rounds as there are steps are enough.
  for (let round = 0, changed = true; changed && round < level.length; round++) {
    changed = false;
    for (const edge of edges) {
      const next = (depth.get(edge.from) ?? 0) + 1;
      if (next > (depth.get(edge.to) ?? 0)) {
        depth.set(edge.to, next);
        changed = true;
      }
    }
  }
  const columns: NodeDoc[][] = [];
  for (const node of level) (columns[depth.get(node.id) ?? 0] ??= []).push(node);
  return columns.filter((column) => column !== undefined);
}

export interface Box extends Point, Size {}

/** A step's place on the whole canvas, its container's place added. */
export function absoluteBox(document: WorkflowDocument, id: string, places: Places, sizes: Sizes): Box {
  const own = places[id] ?? { x: 0, y: 0 };
  const size = sizes.get(id) ?? cardSize(1);
  const parent = document.nodes.find((node) => node.id === id)?.parent;
  const around = parent ? (places[parent] ?? { x: 0, y: 0 }) : { x: 0, y: 0 };
  return { x: own.x + around.x, y: own.y + around.y, ...size };
}

/** The container under a point that steps can be put into, if any. */
export function containerAt(
  document: WorkflowDocument,
  types: StepTypes,
  places: Places,
  sizes: Sizes,
  point: Point,
): string | null {
  const hit = document.nodes.find((node) => {
    if (!isContainer(node, types) || types.get(node.type)?.grows) return false;
    const box = absoluteBox(document, node.id, places, sizes);
    return (
      point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height
    );
  });
  return hit?.id ?? null;
}
