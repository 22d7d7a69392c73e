// Undo and redo as two stacks of named operations.
import { apply, invert, type Operation } from "./operations";
import type { WorkflowDocument } from "./document";

export interface Entry {
  id: number;
  at: number;
  operation: Operation;
}

export interface History {
  done: Entry[];
  undone: Entry[];
}

export const EMPTY_HISTORY: History = { done: [], undone: [] };
const COALESCE_MS = 2000;
const KEPT = 500;
let nextId = 1;

export function remember(history: History, operation: Operation, at: number): History {
  const last = history.done.at(-1);
  if (
    last &&
    operation.coalesce &&
    last.operation.coalesce === operation.coalesce &&
    at - last.at < COALESCE_MS
  ) {
    const changes = [...last.operation.changes, ...operation.changes];
    const entry = { ...last, at, operation: { ...operation, changes } };
    return { done: [...history.done.slice(0, -1), entry], undone: [] };
  }
  return { done: [...history.done.slice(-KEPT + 1), { id: nextId++, at, operation }], undone: [] };
}

export interface Stepped {
  document: WorkflowDocument;
  history: History;
  /** What was applied, so that it is saved like any other edit. */
  applied: Operation;
}

export function undo(document: WorkflowDocument, history: History): Stepped | null {
  const entry = history.done.at(-1);
  if (!entry) return null;
  const applied = invert(entry.operation);
  return {
    applied,
    document: apply(document, applied.changes),
    history: { done: history.done.slice(0, -1), undone: [...history.undone, entry] },
  };
}

export function redo(document: WorkflowDocument, history: History): Stepped | null {
  const entry = history.undone.at(-1);
  if (!entry) return null;
  return {
    applied: entry.operation,
    document: apply(document, entry.operation.changes),
    history: { done: [...history.done, entry], undone: history.undone.slice(0, -1) },
  };
}
