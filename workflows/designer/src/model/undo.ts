// Pairs of a step and the one that takes it back: who belongs to whom, and where the second stands.
import type { NodeDoc, Point, WorkflowDocument } from "./document";
import { cardSize, GAP_Y, type Places, type Size, type Sizes } from "./geometry";

const known = new WeakMap<WorkflowDocument["nodes"], ReadonlyMap<string, string>>();

/** Steps -> what takes them back. */
export function undoSteps({ nodes }: WorkflowDocument): ReadonlyMap<string, string> {
  let pairs = known.get(nodes);
  if (!pairs) {
    pairs = new Map(nodes.flatMap((node) => (node.undoes ? [[node.undoes, node.id] as const] : [])));
    known.set(nodes, pairs);
  }
  return pairs;
}

/** Beside a step: right under it. */
export function undoPlace(at: Point, size: Size): Point {
  return { x: at.x, y: at.y + size.height + GAP_Y };
}

/** The steps that are laid out by themselves: what takes a step back only follows it. */
export function withoutUndoSteps(document: WorkflowDocument, level: NodeDoc[]): NodeDoc[] {
  const ids = new Set(level.map((node) => node.id));
  return undoSteps(document).size ? level.filter((node) => !ids.has(node.undoes ?? "")) : level;
}

/** What a step takes up on the canvas together with the one that takes it back. */
export function sizeWithUndo(document: WorkflowDocument, id: string, sizes: Sizes): Size {
  const own = sizes.get(id) ?? cardSize(1);
  const undo = undoSteps(document).get(id);
  if (!undo) return own;
  const below = sizes.get(undo) ?? cardSize(0);
  return { width: Math.max(own.width, below.width), height: own.height + GAP_Y + below.height };
}

/** The steps that were moved, and with each the one that takes it back. */
export function withUndoSteps(
  document: WorkflowDocument,
  places: Places,
  moved: ReadonlyMap<string, Point>,
): ReadonlyMap<string, Point> {
  const pairs = undoSteps(document);
  if (pairs.size === 0) return moved;
  const all = new Map(moved);
  for (const [id, to] of moved) {
    const undo = pairs.get(id);
    const [from, at] = [places[id], undo && places[undo]];
    if (undo && from && at && !moved.has(undo))
      all.set(undo, { x: at.x + to.x - from.x, y: at.y + to.y - from.y });
  }
  return all;
}
