// Brings unsaved changes onto a draft that somebody else saved meanwhile.
import { edgeId, findNode, type NodeDoc, type WorkflowDocument } from "./document";
import { isObject, type JsonObject, same, withKey } from "./json";
import { apply, type Change, squash } from "./operations";

export interface Conflict {
  /** The change as the person here made it. */
  mine: Change;
  /** What the other draft holds in its place. */
  theirs: Change["after"];
}

export interface Merged {
  document: WorkflowDocument;
  conflicts: Conflict[];
}

export interface Merging extends Merged {
  theirs: { revision: number; document: WorkflowDocument };
}

export function rebase(theirs: WorkflowDocument, changes: Change[]): Merged {
  const conflicts: Conflict[] = [];
  let document = theirs;
  for (const change of squash(changes)) {
    const current = currentOf(theirs, change);
    const merged = mergeChange(change, current);
    if (merged === "conflict") conflicts.push({ mine: change, theirs: current });
    else document = apply(document, [merged]);
  }
  return { document: withoutLooseEnds(document), conflicts };
}

/** The draft after a person chose their own side of some conflicts. */
export function settle(merged: Merged, keepMine: (conflict: Conflict) => boolean): WorkflowDocument {
  const mine = merged.conflicts.filter(keepMine).map((conflict) => conflict.mine);
  return withoutLooseEnds(apply(merged.document, mine));
}

function currentOf(document: WorkflowDocument, change: Change): Change["after"] {
  switch (change.kind) {
    case "node":
      return findNode(document, change.id) ?? null;
    case "edge":
      return document.edges.find((edge) => edgeId(edge) === change.id) ?? null;
    case "place":
      return document.layout?.[change.id] ?? null;
    case "setting":
      return document[change.id] ?? null;
  }
}

function mergeChange(change: Change, current: Change["after"]): Change | "conflict" {
  // Where a card stands is nobody's secret: the last hand wins. Edges are there or not.
  if (change.kind === "place" || change.kind === "edge") return change;
  if (same(current, change.before) || same(current, change.after)) return change;
  if (change.kind === "node" && change.before && change.after && current) {
    const node = mergeFields(change.before, change.after, current as NodeDoc);
    return node ? { ...change, after: node } : "conflict";
  }
  if (change.kind === "setting" && change.id === "settings" && isObject(change.after) && isObject(current)) {
    const settings = mergeFields(isObject(change.before) ? change.before : {}, change.after, current);
    return settings ? { ...change, after: settings } : "conflict";
  }
  return "conflict";
}

/** Field by field: a field that only one side touched takes that side's value. */
function mergeFields<T extends object>(before: T, mine: T, theirs: T): T | null {
  let merged = theirs;
  const [a, b, c] = [before as JsonObject, mine as JsonObject, theirs as JsonObject];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (same(a[key], b[key]) || same(b[key], c[key])) continue;
    if (same(a[key], c[key])) merged = withKey(merged, key, b[key]);
    else if (key === "config" && isObject(b[key]) && isObject(c[key])) {
      const config = mergeFields(isObject(a[key]) ? a[key] : {}, b[key], c[key]);
      if (!config) return null;
      merged = withKey(merged, key, config);
    } else return null;
  }
  return merged;
}

/** An edge to a step that the other side removed goes with it. */
function withoutLooseEnds(document: WorkflowDocument): WorkflowDocument {
  const ids = new Set(document.nodes.map((node) => node.id));
  const edges = document.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  return edges.length === document.edges.length ? document : { ...document, edges };
}
