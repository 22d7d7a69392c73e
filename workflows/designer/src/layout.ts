// Asks the layout worker, which is loaded on first use.
import type { WorkflowDocument } from "./model/document";
import { type ArrangeLevel, type LevelAnswer, tidyPlaces } from "./model/layout";
import type { StepTypes } from "./model/steptypes";

let worker: Worker | null = null;

const arrange: ArrangeLevel = (request) =>
  new Promise((resolve, reject) => {
    worker ??= new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<LevelAnswer>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  });

export function tidied(document: WorkflowDocument, types: StepTypes) {
  return tidyPlaces(document, types, arrange);
}
