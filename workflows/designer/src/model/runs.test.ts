import { describe, expect, it } from "vitest";
import { churn } from "./fixtures";
import { edgeRun, inputOf, overlayOf, type Run, type RunStep, shownState } from "./runs";

function step(node: string, state: string, more: Partial<RunStep> = {}): RunStep {
  return {
    node,
    type: "",
    label: "",
    item: 0,
    state,
    attempt: 1,
    output: null,
    error: null,
    started_at: null,
    ended_at: null,
    agent: null,
    wait: null,
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
  };
}

const YES = { from: "if", to: "a", port: "yes" };

describe("a run on the canvas", () => {
  it("shows a loop's step by its loudest part and counts the parts", () => {
    const overlay = overlayOf(run(step("tag", "SUCCEEDED"), step("tag", "FAILED"), step("tag", "RUNNING")));
    expect(overlay.get("tag")).toMatchObject({ state: "FAILED", done: 2 });
  });

  it("waits when every open step waits", () => {
    expect(shownState(run(step("a", "SUCCEEDED"), step("b", "WAITING")))).toBe("WAITING");
    expect(shownState(run(step("a", "RUNNING"), step("b", "WAITING")))).toBe("RUNNING");
  });

  it.each([
    ["ahead", [step("if", "RUNNING")]],
    ["running", [step("if", "SUCCEEDED"), step("a", "RUNNING")]],
    ["taken", [step("if", "SUCCEEDED"), step("a", "SUCCEEDED")]],
    ["skipped", [step("if", "SUCCEEDED"), step("a", "SKIPPED")]],
    ["skipped", [step("if", "SUCCEEDED", { port: "no" }), step("a", "SUCCEEDED")]],
    ["skipped", [step("if", "FAILED"), step("a", "SUCCEEDED")]],
  ])("says %s of an edge", (expected, steps) => {
    expect(edgeRun(YES, overlayOf(run(...steps)))).toBe(expected);
  });

  it("follows the error way out of a failed step", () => {
    const overlay = overlayOf(run(step("if", "FAILED"), step("a", "SUCCEEDED")));
    expect(edgeRun({ from: "if", to: "a", port: "error" }, overlay)).toBe("taken");
  });

  it("shows what a step got from the step before it, and the first one from the run", () => {
    const first = step("start", "SUCCEEDED", { output: 5 });
    const second = step("score", "RUNNING");
    const all = run(first, second);
    expect(inputOf(churn(), all, first)).toEqual({ a: 1 });
    expect(inputOf(churn(), all, second)).toBe(5);
  });
});
