// A difference between two documents in sentences.
import { t } from "../text";
import type { NodeDoc } from "./document";
import { same } from "./json";
import type { Change } from "./operations";
import { humanName } from "./schema";
import { type StepTypes, titleOf } from "./steptypes";

export function changesInWords(changes: Change[], types: StepTypes): string[] {
  const sentences = changes.flatMap((change) => sentencesOf(change, types));
  return [...new Set(sentences)];
}

function sentencesOf(change: Change, types: StepTypes): string[] {
  switch (change.kind) {
    case "node":
      return [nodeSentence(change.before, change.after, types)];
    case "edge":
      return change.after
        ? [t("Connect {from} → {to}", { from: change.after.from, to: change.after.to })]
        : [t("Cut {from} → {to}", { from: change.before?.from ?? "", to: change.before?.to ?? "" })];
    case "setting":
      return [t("Change {what}", { what: humanName(change.id).toLowerCase() })];
    case "place":
      return [];
  }
}

function nodeSentence(before: NodeDoc | null, after: NodeDoc | null, types: StepTypes): string {
  if (!before) return t("Add “{step}”", { step: after ? titleOf(after, types) : "" });
  if (!after) return t("Remove “{step}”", { step: titleOf(before, types) });
  const fields = changedFields(before, after).map(humanName).join(", ");
  return t("Change “{step}”: {fields}", { step: titleOf(after, types), fields });
}

function changedFields(before: NodeDoc, after: NodeDoc): string[] {
  const config = [before.config ?? {}, after.config ?? {}] as const;
  const inside = changedKeys(config[0], config[1]);
  return [...changedKeys({ ...before, config: {} }, { ...after, config: {} }), ...inside];
}

function changedKeys(before: object, after: object): string[] {
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !same(a[key], b[key]));
}
