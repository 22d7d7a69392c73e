// What buttons, keys and drops do, in terms of operations on the store.
import { readClip, copySteps, pasteSteps } from "../model/clipboard";
import { drawnEdges, type EdgeDoc, edgeId, findNode, type Point, portOf } from "../model/document";
import {
  addAfter,
  type Added,
  addStep,
  addUndo,
  type Context,
  insertOnEdge,
  removeParts,
  tidy,
} from "../model/edits";
import { CARD_HEIGHT, CARD_WIDTH, containerAt } from "../model/geometry";
import { difference } from "../model/operations";
import { portsOf, type StepType } from "../model/steptypes";
import type { WorkflowDocument } from "../model/document";
import { t } from "../text";
import { commit, currentContext, type MenuTarget, select, useDesigner } from "./store";

const { getState, setState } = useDesigner;

/** Set by the canvas: where on the document its middle lies now. */
export const canvas: { middle: () => Point } = { middle: () => ({ x: 0, y: 0 }) };

function keepAdded(added: Added | null): void {
  if (!added) return;
  commit(added.operation);
  select([added.id]);
}

/** Adds a step where it most likely belongs: behind the selected one, else in the middle. */
export function addFromPalette(type: StepType): void {
  const context = currentContext();
  const [selected, ...more] = getState().selection;
  const isBehind = selected && more.length === 0 && !findNode(context.document, selected)?.undoes;
  if (isBehind && type.family !== "trigger") {
    keepAdded(addAfter(context, type, selected, freePort(selected)));
    return;
  }
  const middle = canvas.middle();
  const at = { x: middle.x - CARD_WIDTH / 2, y: middle.y - CARD_HEIGHT / 2 };
  keepAdded(addStep(context, type, at, null));
}

function freePort(id: string): string {
  const { document, types } = getState();
  const node = findNode(document, id);
  if (!node) return "out";
  const ports = portsOf(types.get(node.type), node);
  const used = new Set(
    drawnEdges(document)
      .filter((edge) => edge.from === id)
      .map(portOf),
  );
  return ports.find((port) => !used.has(port)) ?? ports[0] ?? "out";
}

export function dropStep(type: StepType, point: Point): void {
  const context = currentContext();
  const parent = containerAt(context.document, context.types, context.places, context.sizes, point);
  const around = parent ? (context.places[parent] ?? { x: 0, y: 0 }) : { x: 0, y: 0 };
  const at = { x: point.x - around.x - CARD_WIDTH / 2, y: point.y - around.y - CARD_HEIGHT / 2 };
  keepAdded(addStep(context, type, at, parent));
}

export function addFromMenu(type: StepType, target: MenuTarget): void {
  const context = currentContext();
  keepAdded(addedAt(context, type, target));
  setState({ menu: null });
}

function addedAt(context: Context, type: StepType, target: MenuTarget): Added | null {
  switch (target.kind) {
    case "edge":
      return insertOnEdge(context, type, target.edge);
    case "after":
      return addAfter(context, type, target.from, target.port);
    case "undo":
      return addUndo(context, type, target.of);
  }
}

export function deleteSelection(): void {
  const { selection, selectedEdge, document } = getState();
  const edges = document.edges.filter((edge: EdgeDoc) => edgeId(edge) === selectedEdge);
  commit(removeParts(currentContext(), selection, edges));
  select([]);
}

// A copy also stays here: the system clipboard needs a permission to be read.
let copied = "";

export function copySelection(): boolean {
  const context = currentContext();
  const clip = copySteps(context.document, getState().selection, context.places);
  if (!clip) return false;
  copied = JSON.stringify(clip);
  // Refused without a secure page; the copy above still works within this one.
  void navigator.clipboard?.writeText(copied).catch(() => undefined);
  return true;
}

export function pasteText(text: string): boolean {
  const clip = readClip(text) ?? readClip(copied);
  if (!clip) return false;
  const pasted = pasteSteps(getState().document, clip);
  commit(pasted.operation);
  select(pasted.ids);
  return true;
}

export function duplicateSelection(): void {
  if (copySelection()) pasteText(copied);
}

export function selectAll(): void {
  select(getState().document.nodes.map((node) => node.id));
}

export async function tidyLayout(): Promise<void> {
  const { tidied } = await import("../layout");
  const places = await tidied(getState().document, getState().types);
  commit(tidy(currentContext(), places));
}

export function importDocument(document: WorkflowDocument): void {
  const before = getState().document;
  const kept = { ...document, name: document.name || before.name };
  commit({ label: t("Import workflow"), changes: difference(before, kept) });
  select([]);
}
