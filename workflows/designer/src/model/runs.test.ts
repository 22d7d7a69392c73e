import { describe, expect, it } from "vitest";
import { churn } from "./fixtures";
import { decisionAddress, edgeRun, overlayOf, progressOf, type Run, type RunStep, sourcesOf } from "./runs";

function step(node: string, state: string, more: Partial<RunStep> = {}): RunStep {
  return {
    node,
    type: "",
    label: "",
    parent: null,
    undoes: null,
    state,
    attempt: 1,
    port: null,
    output: null,
    truncated: false,
    error: null,
    started_at: null,
    ended_at: null,
    agent: null,
    wait: null,
    decide: false,
    items: null,
    attempts: [],
    chunks: [],
    ...more,
  };
}

function run(...steps: RunStep[]): Run {
  return {
    id: "r",
    number: 1,
    workflow: "",
    workflow_id: 1,
    state: "RUNNING",
    version: 1,
    input: { a: 1 },
    output: null,
    created_at: "2026-01-01T00:00:00Z",
    finished_at: null,
    steps,
    document: churn(),
    rights: {},
  };
}

const YES = { from: "if", to: "a", port: "yes" };

describe("a run on the canvas", () => {
  it("tells items in a loop, and time elsewhere", () => {
    expect(progressOf(step("tag", "RUNNING", { items: { items: 7043, done: 1200, failed: 0 } }))).toBe(
      "1,200 / 7,043",
    );
    const times = { started_at: "2026-01-01T00:00:00Z", ended_at: "2026-01-01T00:00:02Z" };
    expect(progressOf(step("tag", "SUCCEEDED", times))).toBe("2 s");
    expect(progressOf(step("tag", "RUNNING"))).toBeUndefined();
  });

  it.each([
    ["ahead", [step("if", "RUNNING")]],
    ["running", [step("if", "SUCCEEDED", { port: "yes" }), step("a", "RUNNING")]],
    ["running", [step("if", "RUNNING", { parent: "each" }), step("a", "RUNNING", { parent: "each" })]],
    ["taken", [step("if", "SUCCEEDED", { port: "yes" }), step("a", "SUCCEEDED")]],
    ["taken", [step("if", "SUCCEEDED", { port: "yes" }), step("a", "PENDING")]],
    ["skipped", [step("if", "SUCCEEDED", { port: "no" }), step("a", "SUCCEEDED")]],
    ["skipped", [step("if", "SUCCEEDED"), step("a", "SKIPPED")]],
    ["skipped", [step("if", "FAILED"), step("a", "SUCCEEDED")]],
    ["skipped", [step("if", "SUCCEEDED"), step("a", "CANCELLED")]],
  ])("says %s of an edge", (expected, steps) => {
    expect(edgeRun(YES, overlayOf(run(...steps)))).toBe(expected);
  });

  it("follows the error way out of a failed step", () => {
    const overlay = overlayOf(run(step("if", "FAILED"), step("a", "SUCCEEDED")));
    expect(edgeRun({ from: "if", to: "a", port: "error" }, overlay)).toBe("taken");
  });

  it("finds where a step's input came from: the steps before it, or the loop it begins", () => {
    expect(sourcesOf(churn(), step("score", "SUCCEEDED"))).toEqual(["start"]);
    expect(sourcesOf(churn(), step("tag", "SUCCEEDED", { parent: "each" }))).toEqual(["each"]);
    expect(sourcesOf(churn(), step("start", "SUCCEEDED"))).toEqual([]);
  });

  it("lead to where a person decides, of a part if a part asks", () => {
    const asking = step("pay", "WAITING", { decide: true });
    const may = { ...run(asking), rights: { decide: true } };
    expect(decisionAddress(may, asking)).toBe("/runs/r/steps/pay/0/decision/");
    expect(decisionAddress(run(asking), asking)).toBeNull();
    expect(decisionAddress(may, step("pay", "RUNNING"))).toBeNull();
    const part = { item: 3, state: "UNCERTAIN", decide: true, attempt: 1, error: null };
    const chunk = { ...part, started_at: null, ended_at: null, agent: null };
    expect(decisionAddress(may, { ...asking, chunks: [{ ...chunk, item: 2, decide: false }, chunk] })).toBe(
      "/runs/r/steps/pay/3/decision/",
    );
  });

  it("give an undo step what the step gave that it takes back", () => {
    expect(sourcesOf(churn(), step("undo", "RUNNING", { undoes: "score" }))).toEqual(["score"]);
  });
});
