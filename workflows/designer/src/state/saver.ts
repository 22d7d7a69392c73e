// Autosave: sends the draft a moment after the last edit, and never drops an edit that was not acknowledged.
import { ApiError, type SavedAnswer } from "../api";
import type { WorkflowDocument } from "../model/document";
import { isObject } from "../model/json";
import { type Merging, rebase } from "../model/merge";
import { difference, type Operation } from "../model/operations";
import type { Journal } from "./journal";

export type SaveState =
  | { kind: "saved"; at: number | null }
  | { kind: "saving" }
  | { kind: "offline"; message: string }
  | { kind: "refused"; message: string }
  | { kind: "conflict" };

export interface Draft {
  /** The document as it stands on the screen. */
  read(): WorkflowDocument;
  /** Another draft was merged in. */
  replace(document: WorkflowDocument): void;
  saved(answer: SavedAnswer): void;
  show(state: SaveState): void;
  conflict(merged: Merging): void;
}

export type SendDraft = (
  base: number,
  document: WorkflowDocument,
  keepalive: boolean,
) => Promise<SavedAnswer>;

const DEBOUNCE_MS = 700;
const LONGEST_WAIT_MS = 4000;
const RETRY_MS = [2000, 4000, 8000, 15_000, 30_000];

export class DraftSaver {
  private unsaved: Operation[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private firstEditAt = 0;
  private sending: Promise<void> | null = null;
  private failures = 0;
  private blocked = false;

  constructor(
    private base: number,
    private readonly send: SendDraft,
    private readonly draft: Draft,
    private readonly journal: Journal,
  ) {}

  get isDirty(): boolean {
    return this.unsaved.length > 0;
  }

  get revision(): number {
    return this.base;
  }

  record(operation: Operation): void {
    if (this.unsaved.length === 0) this.firstEditAt = Date.now();
    this.unsaved.push(operation);
    this.keep();
    if (this.blocked) return;
    if (!this.failures) this.draft.show({ kind: "saving" });
    const waited = Date.now() - this.firstEditAt;
    this.schedule(Math.max(0, Math.min(DEBOUNCE_MS, LONGEST_WAIT_MS - waited)));
  }

  /** Sends what is unsaved now; true when the server has everything. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.isDirty && !this.blocked) {
      const before = this.failures;
      await this.sendOnce(false);
      if (this.failures > before) return false;
    }
    return !this.isDirty;
  }

  /** The page goes away: one last try that outlives it. The journal has the edits anyway. */
  leave(): void {
    if (this.isDirty && !this.blocked && !this.sending) void this.sendOnce(true);
  }

  /** A person chose between two drafts; saving goes on from the other's revision. */
  settle(theirs: { revision: number; document: WorkflowDocument }, settled: WorkflowDocument): void {
    this.blocked = false;
    this.takeBase(theirs, settled);
    this.draft.replace(settled);
    this.schedule(0);
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.sendOnce(false), delay);
  }

  private async sendOnce(keepalive: boolean): Promise<void> {
    if (this.sending) {
      await this.sending;
      return;
    }
    if (!this.isDirty) {
      this.draft.show({ kind: "saved", at: Date.now() });
      return;
    }
    this.sending = this.attempt(keepalive).finally(() => (this.sending = null));
    await this.sending;
    if (this.isDirty && !this.failures && !this.blocked) this.schedule(DEBOUNCE_MS);
  }

  private async attempt(keepalive: boolean): Promise<void> {
    const count = this.unsaved.length;
    if (!this.failures) this.draft.show({ kind: "saving" });
    try {
      const answer = await this.send(this.base, this.draft.read(), keepalive);
      this.base = answer.revision;
      this.failures = 0;
      this.unsaved.splice(0, count);
      this.firstEditAt = Date.now();
      this.keep();
      this.draft.saved(answer);
      if (!this.isDirty) this.draft.show({ kind: "saved", at: Date.now() });
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "stale_revision") this.merge(error);
    else if (error.mayPass) this.retryLater(error);
    else this.refuse(error);
  }

  private merge(error: ApiError): void {
    const { revision, document } = error.body;
    if (typeof revision !== "number" || !isObject(document)) return this.refuse(error);
    const theirs = { revision, document: document as unknown as WorkflowDocument };
    const merged = rebase(
      theirs.document,
      this.unsaved.flatMap((operation) => operation.changes),
    );
    if (merged.conflicts.length) {
      this.blocked = true;
      this.draft.show({ kind: "conflict" });
      this.draft.conflict({ ...merged, theirs });
      return;
    }
    this.takeBase(theirs, merged.document);
    this.draft.replace(merged.document);
  }

  private takeBase(theirs: { revision: number; document: WorkflowDocument }, mine: WorkflowDocument): void {
    this.base = theirs.revision;
    const changes = difference(theirs.document, mine);
    this.unsaved = changes.length ? [{ label: "Merge", changes }] : [];
    this.keep();
  }

  private retryLater(error: ApiError): void {
    const delay = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 30_000;
    this.failures++;
    this.draft.show({ kind: "offline", message: error.message });
    this.schedule(delay);
  }

  private refuse(error: ApiError): void {
    this.failures++;
    this.draft.show({ kind: "refused", message: error.message });
  }

  private keep(): void {
    // Best effort: without a journal the edits still stand on the screen and are sent again.
    this.journal.write(this.unsaved).catch(() => undefined);
  }
}
