// What to offer while an expression is typed.
import type { Suggestion } from "./expressions";

export interface Offered {
  name: string;
  detail: string;
  isFunction: boolean;
}

export const FUNCTIONS: readonly { name: string; detail: string; isMethod: boolean }[] = [
  { name: "size", detail: "size(list)", isMethod: false },
  { name: "has", detail: "has(a.b)", isMethod: false },
  { name: "int", detail: "int(value)", isMethod: false },
  { name: "double", detail: "double(value)", isMethod: false },
  { name: "string", detail: "string(value)", isMethod: false },
  { name: "filter", detail: "list.filter(x, x > 1)", isMethod: true },
  { name: "map", detail: "list.map(x, x * 2)", isMethod: true },
  { name: "all", detail: "list.all(x, x > 1)", isMethod: true },
  { name: "exists", detail: "list.exists(x, x > 1)", isMethod: true },
  { name: "contains", detail: 'text.contains("a")', isMethod: true },
  { name: "startsWith", detail: 'text.startsWith("a")', isMethod: true },
  { name: "endsWith", detail: 'text.endsWith("a")', isMethod: true },
];

/** `typed` is the path before the cursor; what comes back continues its last part. */
export function completionsAt(
  typed: string,
  suggestions: Suggestion[],
  sampled: (path: string) => { name: string; kind: string }[],
): { prefix: string; offered: Offered[] } {
  const dot = typed.lastIndexOf(".");
  const path = dot < 0 ? "" : typed.slice(0, dot);
  const prefix = dot < 0 ? "" : typed.slice(0, dot + 1);
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
  for (const { name, kind } of sampled(path)) {
    if (!offered.has(name)) offered.set(name, { name, detail: kind, isFunction: false });
  }
  for (const item of FUNCTIONS) {
    if (item.isMethod === Boolean(path))
      offered.set(`${item.name}()`, { name: item.name, detail: item.detail, isFunction: true });
  }
  return { prefix, offered: [...offered.values()] };
}
