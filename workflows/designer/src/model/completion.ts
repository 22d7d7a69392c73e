// What to offer while an expression is typed.
import type { Suggestion } from "./expressions";

export interface Offered {
  name: string;
  detail: string;
  isFunction: boolean;
}

interface Known {
  name: string;
  detail: string;
  isMethod: boolean;
}

function known(isMethod: boolean, ...details: string[]): Known[] {
  return details.map((detail) => ({ name: /(\w+)\(/.exec(detail)?.[1] ?? detail, detail, isMethod }));
}

export const FUNCTIONS: readonly Known[] = [
  ...known(
    false,
    "size(list)",
    "has(a.b)",
    "sum(numbers)",
    "min(numbers)",
    "max(numbers)",
    "round(number, 2)",
  ),
  ...known(
    false,
    "abs(number)",
    "floor(number)",
    "ceil(number)",
    "int(value)",
    "double(value)",
    "string(value)",
  ),
  ...known(false, 'timestamp("2026-05-01T09:30:00Z")', 'duration("36h")'),
  ...known(
    true,
    "list.filter(x, x > 1)",
    "list.map(x, x * 2)",
    "list.all(x, x > 1)",
    "list.exists(x, x > 1)",
  ),
  ...known(true, 'text.contains("a")', 'text.startsWith("a")', 'text.endsWith("a")', 'text.matches("a+")'),
  ...known(true, "text.trim()", "text.lowerAscii()", "text.upperAscii()", 'text.replace("a", "b")'),
  ...known(true, 'text.split(",")', 'list.join(", ")', "text.substring(0, 3)", "text.size()"),
];

/** Whether the end of a template's text stands between its braces. */
export function isInExpression(written: string): boolean {
  return written.lastIndexOf("{{") > written.lastIndexOf("}}");
}

/** The path before the last dot, where its parts have to be asked for. */
export function openPath(typed: string): string {
  return typed.includes(".") ? typed.slice(0, typed.lastIndexOf(".")) : "";
}

/** `typed` is the path before the cursor; what comes back continues its last part. */
export function completionsAt(
  typed: string,
  suggestions: Suggestion[],
  sampled: { name: string; kind: string }[] = [],
): { prefix: string; offered: Offered[] } {
  const path = openPath(typed);
  const prefix = path && `${path}.`;
  const offered = new Map<string, Offered>();
  for (const suggestion of suggestions) {
    if (path && !suggestion.path.startsWith(prefix)) continue;
    const [name] = suggestion.path.slice(prefix.length).split(".");
    if (!name) continue;
    const isLast = suggestion.path === prefix + name;
    const detail = isLast
      ? `${suggestion.kind} · ${suggestion.from}`
      : path === "steps"
        ? suggestion.from
        : "";
    const known = offered.get(name);
    if (!known || (!known.detail && detail)) offered.set(name, { name, detail, isFunction: false });
  }
  for (const { name, kind } of sampled) {
    if (!offered.has(name)) offered.set(name, { name, detail: kind, isFunction: false });
  }
  for (const item of FUNCTIONS) {
    if (item.isMethod === Boolean(path))
      offered.set(`${item.name}()`, { name: item.name, detail: item.detail, isFunction: true });
  }
  return { prefix, offered: [...offered.values()] };
}
