// The designer's state, and the one way to change its document: commit an operation.
import { create } from "zustand";
import type { Api } from "../api";
import { type WorkflowAnswer } from "../api";
import type { EdgeDoc, WorkflowDocument } from "../model/document";
import type { Context } from "../model/edits";
import { placesOf, sizesOf } from "../model/geometry";
import { EMPTY_HISTORY, type History, redo, remember, type Stepped, undo } from "../model/history";
import { type Merging, rebase } from "../model/merge";
import { apply, difference, type Operation } from "../model/operations";
import type { JsonObject } from "../model/json";
import type { Problem } from "../model/problems";
import { type Overlay, type Run } from "../model/runs";
import type { StepType, StepTypes } from "../model/steptypes";
import { openJournal } from "./journal";
import { DraftSaver, type SaveState } from "./saver";

export type MenuTarget =
  | { kind: "edge"; edge: EdgeDoc }
  | { kind: "after"; from: string; port: string }
  | { kind: "undo"; of: string };

/** JSON Schemas of what every step and every workflow may say beside its own. */
export interface Schemas {
  policies: JsonObject;
  settings: JsonObject;
}

export interface DesignerState {
  id: string;
  document: WorkflowDocument;
  types: StepTypes;
  schemas: Schemas;
  revision: number;
  published: WorkflowAnswer["published"];
  rights: WorkflowAnswer["rights"];
  webhooks: Record<string, string>;
  problems: Problem[];
  history: History;
  save: SaveState;
  merging: Merging | null;
  restored: number;
  selection: ReadonlySet<string>;
  selectedEdge: string | null;
  /** A step the canvas should bring into view, with a count so that asking twice works. */
  reveal: { id: string; count: number } | null;
  menu: { x: number; y: number; target: MenuTarget } | null;
  cardMenu: { x: number; y: number; id: string } | null;
  dialog: "publish" | "run" | null;
  hasSettings: boolean;
  hasProblemsOpen: boolean;
  run: Run | null;
  overlay: Overlay | null;
}

const NOTHING: ReadonlySet<string> = new Set();
const EMPTY_DOCUMENT: WorkflowDocument = { name: "", nodes: [], edges: [] };

export const useDesigner = create<DesignerState>(() => ({
  id: "",
  document: EMPTY_DOCUMENT,
  types: new Map(),
  schemas: { policies: {}, settings: {} },
  revision: 0,
  published: null,
  rights: { edit: false, publish: false, run: false },
  webhooks: {},
  problems: [],
  history: EMPTY_HISTORY,
  save: { kind: "saved", at: null },
  merging: null,
  restored: 0,
  selection: NOTHING,
  selectedEdge: null,
  reveal: null,
  menu: null,
  cardMenu: null,
  dialog: null,
  hasSettings: false,
  hasProblemsOpen: true,
  run: null,
  overlay: null,
}));

const { getState, setState } = useDesigner;

let api: Api | null = null;
let saver: DraftSaver | null = null;

export function theApi(): Api {
  if (!api) throw new Error("The designer is not open.");
  return api;
}

export function setServer(server: Api): void {
  api = server;
}

export function theSaver(): DraftSaver {
  if (!saver) throw new Error("The designer is not open.");
  return saver;
}

/** Loads the workflow and the step types, and brings back edits that a dead tab left. */
export async function openWorkflow(id: string, server: Api): Promise<void> {
  setServer(server);
  const [answer, { types, schemas }] = await Promise.all([server.workflow(id), server.stepTypes()]);
  const journal = openJournal(id);
  saver = new DraftSaver(
    answer.revision,
    (base, document, keep) => server.saveDraft(id, base, document, keep),
    draft,
    journal,
  );
  setState({
    id,
    document: { ...answer.draft, name: answer.draft.name || answer.name },
    types: typeMap(types),
    schemas,
    revision: answer.revision,
    published: answer.published,
    problems: answer.problems,
    rights: answer.rights,
    webhooks: answer.webhooks ?? {},
    save: { kind: "saved", at: answer.saved_at ? Date.parse(answer.saved_at) : null },
  });
  if (answer.rights.edit) restore((await journal.adopt()).flatMap((operation) => operation.changes));
}

/** What publishing changed besides the draft: the live version, what may be done now, addresses. */
export async function refreshWorkflow(): Promise<void> {
  const { published, rights, problems, webhooks = {} } = await theApi().workflow(getState().id);
  setState({ published, rights, problems, webhooks });
}

function typeMap(types: StepType[]): StepTypes {
  return new Map(types.map((type) => [type.key, type]));
}

function restore(changes: Operation["changes"]): void {
  if (changes.length === 0) return;
  const before = getState().document;
  const merged = rebase(before, changes);
  // Where the server's draft moved on meanwhile, its word stands; the rest comes back.
  const restored = difference(before, merged.document);
  if (restored.length === 0) return;
  commit({ label: "Restore unsaved edits", changes: restored });
  setState({ restored: restored.length });
}

const draft = {
  read: () => getState().document,
  replace: (document: WorkflowDocument) => setState({ document }),
  saved: (answer: { revision: number; problems: Problem[] }) =>
    setState({ revision: answer.revision, problems: answer.problems }),
  show: (save: SaveState) => setState({ save }),
  conflict: (merging: Merging) => setState({ merging }),
};

export function commit(operation: Operation | null | undefined): void {
  const { document, history, rights } = getState();
  if (!operation || operation.changes.length === 0 || !rights.edit) return;
  setState({
    document: apply(document, operation.changes),
    history: remember(history, operation, Date.now()),
  });
  theSaver().record(operation);
}

export function undoEdit(): void {
  take(undo(getState().document, getState().history));
}

export function redoEdit(): void {
  take(redo(getState().document, getState().history));
}

/** Undoes or redoes until the entry is the last one done; 0 goes back to the beginning. */
export function travelTo(entryId: number): void {
  const isDone = () => getState().history.done.some((entry) => entry.id === entryId);
  if (entryId === 0 || isDone()) {
    while (getState().history.done.length && getState().history.done.at(-1)?.id !== entryId) undoEdit();
  } else {
    while (getState().history.undone.length && !isDone()) redoEdit();
  }
}

function take(step: Stepped | null): void {
  if (!step || !getState().rights.edit) return;
  setState({ document: step.document, history: step.history });
  theSaver().record(step.applied);
}

let context: Context | null = null;

/** The document with the places and sizes that follow from it, computed once per document. */
export function contextOf({ document, types }: Pick<DesignerState, "document" | "types">): Context {
  if (context?.document !== document || context.types !== types) {
    const places = placesOf(document, types);
    context = { document, types, places, sizes: sizesOf(document, types, places) };
  }
  return context;
}

export function currentContext(): Context {
  return contextOf(getState());
}

export function select(ids: Iterable<string>, edge: string | null = null): void {
  const selection = new Set(ids);
  setState(
    selection.size
      ? { selection, selectedEdge: edge, hasSettings: false }
      : { selection, selectedEdge: edge },
  );
}

export function revealStep(id: string): void {
  select([id]);
  setState((state) => ({ reveal: { id, count: (state.reveal?.count ?? 0) + 1 } }));
}
