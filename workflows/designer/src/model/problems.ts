// Problems the server found in a draft, ordered for reading.
export interface Problem {
  node: string | null;
  field: string | null;
  code: string;
  message: string;
  severity: "error" | "warning";
}

/** What the fields of problems with the workflow's settings begin with. */
export const SETTINGS = "settings.";

export function byNode(problems: Problem[]): Map<string, Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.node) found.set(problem.node, [...(found.get(problem.node) ?? []), problem]);
  }
  return found;
}

export function errorsOf(problems: Problem[]): Problem[] {
  return problems.filter((problem) => problem.severity !== "warning");
}

/** Whether a problem is about this field or a part of it. */
export function isAbout(problem: Problem, field: string): boolean {
  const path = (problem.field ?? "").replace(/^config\./, "");
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}
