// Step types as the server lists them, and the ports a step has.
import type { NodeDoc } from "./document";
import { isObject, type JsonObject } from "./json";

export interface StepType {
  key: string;
  title: string;
  family: string;
  description: string;
  effect: string;
  ports: string[];
  dynamic_ports: string | null;
  container: boolean;
  /** A container whose body runs again and again. */
  repeats: boolean;
  /** A container whose body is known only when it runs. */
  grows: boolean;
  waits: boolean;
  only_at_top: boolean;
  cacheable: boolean;
  can_probe: boolean;
  schema: JsonObject;
  output_schema: JsonObject | null;
  icon: string;
}

export type StepTypes = ReadonlyMap<string, StepType>;

export const FAMILIES = ["trigger", "crm", "decision", "flow", "ai", "people", "connect"] as const;

export const FAMILY_TITLES: Record<string, string> = {
  trigger: "Triggers",
  crm: "CRM",
  decision: "Decisions",
  flow: "Flow",
  ai: "AI & agents",
  people: "People",
  connect: "Connect",
};

export function isTrigger(type: StepType | undefined, node: NodeDoc): boolean {
  return type ? type.family === "trigger" : node.type.startsWith("trigger_");
}

/** The named ways out of a step; the error way is extra and not listed. */
export function portsOf(type: StepType | undefined, node: NodeDoc): string[] {
  if (node.undoes) return [];
  if (!type) return ["out"];
  if (!type.dynamic_ports) return type.ports.length ? type.ports.filter((port) => port !== "error") : ["out"];
  const named = portNames(node.config?.[type.dynamic_ports]);
  const fixed = type.ports.filter((port) => port !== "error" && !named.includes(port));
  return [...new Set([...named, ...fixed])];
}

function portNames(value: unknown): string[] {
  if (isObject(value)) return Object.keys(value);
  if (!Array.isArray(value)) return [];
  return value.map(portName).filter((name) => name !== "");
}

function portName(item: unknown): string {
  if (typeof item === "string") return item;
  if (!isObject(item)) return "";
  const name = item.port ?? item.name ?? item.case ?? item.label ?? item.value;
  return typeof name === "string" ? name : "";
}

export function titleOf(node: NodeDoc, types: StepTypes): string {
  return node.label || types.get(node.type)?.title || node.type;
}
