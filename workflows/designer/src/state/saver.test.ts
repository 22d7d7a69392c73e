import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api";
import type { WorkflowDocument } from "../model/document";
import { setField } from "../model/edits";
import { churn, contextFor } from "../model/fixtures";
import { apply, type Operation } from "../model/operations";
import { DraftSaver, type SaveState } from "./saver";

class Bench {
  document: WorkflowDocument = churn();
  states: SaveState["kind"][] = [];
  journal: Operation[] = [];
  sent: number[] = [];
  answer: () => Promise<{ revision: number }> = () => Promise.resolve({ revision: 2 });
  conflicts = 0;
  saver = new DraftSaver(
    1,
    (base) => {
      this.sent.push(base);
      return this.answer().then((answer) => ({ ...answer, saved_at: "", problems: [] }));
    },
    {
      read: () => this.document,
      replace: (document) => (this.document = document),
      saved: () => undefined,
      show: (state) => this.states.push(state.kind),
      conflict: () => this.conflicts++,
    },
    {
      write: (operations) => Promise.resolve(void (this.journal = [...operations])),
      adopt: () => Promise.resolve([]),
    },
  );

  edit(limit: number): void {
    const operation = setField(contextFor(this.document), "score", "limit", limit);
    if (!operation) return;
    this.document = apply(this.document, operation.changes);
    this.saver.record(operation);
  }
}

const refuse = (status: number, code = "", body = {}) =>
  Promise.reject(new ApiError(status, "no", code, body));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("autosave", () => {
  it("waits for a pause, sends once and clears the journal", async () => {
    const bench = new Bench();
    bench.edit(4);
    bench.edit(5);
    expect(bench.journal).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(800);
    expect(bench.sent).toEqual([1]);
    expect(bench.journal).toEqual([]);
    expect(bench.states.at(-1)).toBe("saved");
  });

  it("sends at least every few seconds while a person types on", async () => {
    const bench = new Bench();
    for (let key = 0; key < 20; key++) {
      bench.edit(key + 10);
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(bench.sent.length).toBeGreaterThanOrEqual(1);
  });

  it("keeps edits and tries again while the server is away", async () => {
    const bench = new Bench();
    bench.answer = () => refuse(0);
    bench.edit(4);
    await vi.advanceTimersByTimeAsync(800);
    expect(bench.states.at(-1)).toBe("offline");
    expect(bench.journal).toHaveLength(1);
    bench.answer = () => Promise.resolve({ revision: 2 });
    await vi.advanceTimersByTimeAsync(2500);
    expect(bench.states.at(-1)).toBe("saved");
    expect(bench.saver.isDirty).toBe(false);
  });

  it("merges another's edits of other steps and saves on top of them", async () => {
    const bench = new Bench();
    const theirs = apply(churn(), setField(contextFor(churn()), "tag", "tag", "call")?.changes ?? []);
    bench.answer = () =>
      bench.sent.length === 1
        ? refuse(409, "stale_revision", { revision: 7, document: theirs })
        : Promise.resolve({ revision: 8 });
    bench.edit(4);
    await vi.advanceTimersByTimeAsync(3000);
    expect(bench.sent).toEqual([1, 7]);
    expect(bench.document.nodes.map((node) => node.config)).toContainEqual({ tag: "call" });
    expect(bench.document.nodes.map((node) => node.config)).toContainEqual({ limit: 4 });
    expect(bench.conflicts).toBe(0);
  });

  it("sends nothing on while a person has to choose", async () => {
    const bench = new Bench();
    const theirs = apply(churn(), setField(contextFor(churn()), "score", "limit", 1)?.changes ?? []);
    bench.answer = () => refuse(409, "stale_revision", { revision: 7, document: theirs });
    bench.edit(4);
    await vi.advanceTimersByTimeAsync(800);
    expect(bench.conflicts).toBe(1);
    bench.edit(5);
    await vi.advanceTimersByTimeAsync(5000);
    expect(bench.sent).toEqual([1]);
    expect(bench.states.at(-1)).toBe("conflict");
  });

  it("says so when the server refuses for good, and keeps the edits", async () => {
    const bench = new Bench();
    bench.answer = () => refuse(403);
    bench.edit(4);
    await vi.advanceTimersByTimeAsync(800);
    expect(bench.states.at(-1)).toBe("refused");
    expect(bench.journal).toHaveLength(1);
    expect(await bench.saver.flush()).toBe(false);
  });
});
