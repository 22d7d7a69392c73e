// The server's API as the islands call it: JSON, the session's cookie, problem+json errors.
import type { WorkflowDocument } from "./model/document";
import { isObject, type Json, type JsonObject } from "./model/json";
import type { Problem } from "./model/problems";
import type { Run } from "./model/runs";
import type { StepType } from "./model/steptypes";

export class ApiError extends Error {
  constructor(
    /** 0 when no answer came at all. */
    readonly status: number,
    message: string,
    readonly code: string,
    readonly body: { [key: string]: Json },
  ) {
    super(message);
  }

  /** The same call may go through later. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get problems(): Problem[] {
    return Array.isArray(this.body.errors) ? (this.body.errors as unknown as Problem[]) : [];
  }
}

export interface WorkflowAnswer {
  id: number | string;
  key: string;
  name: string;
  description: string;
  draft: WorkflowDocument;
  revision: number;
  published: { number: number; at: string; by: string } | null;
  problems: Problem[];
  rights: { edit: boolean; publish: boolean; run: boolean };
  saved_at?: string | null;
  /** The address of each webhook step. */
  webhooks?: Record<string, string>;
}

export interface SavedAnswer {
  revision: number;
  saved_at: string;
  problems: Problem[];
}

export interface CheckAnswer {
  ok: boolean;
  error?: { message: string; position?: number | null };
  value?: Json;
  /** Where the values come from, in words; missing when there was nothing to try it on. */
  sample?: string;
}

export interface PublishAnswer {
  number: number;
  /** The signing secret of each new webhook, told this once. */
  webhook_secrets?: Record<string, string>;
  cases?: { name: string; passed: boolean }[];
}

export type InFlightChoice = "finish" | "move" | "restart";

/** Open runs on versions before the published one. */
export interface InFlightAnswer {
  total: number;
  results: { id: string; number: number; can_move: boolean; why_not: string }[];
}

export interface BatchAnswer {
  total: number;
}

interface StepTypesAnswer {
  results: StepType[];
  policies: JsonObject;
  settings: JsonObject;
}

export class Api {
  constructor(
    private readonly base: string,
    private readonly csrf: string,
  ) {}

  workflow(id: string): Promise<WorkflowAnswer> {
    return this.call("GET", `/workflows/${id}`);
  }

  saveDraft(
    id: string,
    base_revision: number,
    document: WorkflowDocument,
    keepalive = false,
  ): Promise<SavedAnswer> {
    return this.call("PUT", `/workflows/${id}/draft`, { base_revision, document }, keepalive);
  }

  publish(id: string, base_revision: number, note: string, ignore_cases: boolean): Promise<PublishAnswer> {
    return this.call("POST", `/workflows/${id}/publish`, { base_revision, note, ignore_cases });
  }

  inFlight(id: string): Promise<InFlightAnswer> {
    return this.call("GET", `/workflows/${id}/in_flight`);
  }

  /** Nothing if there were no such runs any more. */
  chooseForInFlight(id: string, choice: InFlightChoice): Promise<BatchAnswer | null> {
    return this.call("POST", `/workflows/${id}/in_flight`, { choice });
  }

  version(id: string, number: number): Promise<{ number: number; document: WorkflowDocument }> {
    return this.call("GET", `/workflows/${id}/versions/${number}`);
  }

  startRun(id: string, input: Json): Promise<Run> {
    return this.call("POST", `/workflows/${id}/runs`, { input });
  }

  run(id: string): Promise<Run> {
    return this.call("GET", `/runs/${id}`);
  }

  cancelRun(id: string): Promise<unknown> {
    return this.call("POST", `/runs/${id}/cancel`, {});
  }

  async stepTypes(): Promise<{ types: StepType[]; schemas: { policies: JsonObject; settings: JsonObject } }> {
    const { results, ...schemas } = await this.call<StepTypesAnswer>("GET", "/step-types");
    return { types: results, schemas };
  }

  /** The whole output of a step; inside a loop, of one part of the items. */
  async output(run: string, node: string, item: number): Promise<Json> {
    const path = `/runs/${run}/steps/${node}?item=${item}`;
    return (await this.call<{ output: Json }>("GET", path)).output;
  }

  check(
    workflow: string,
    document: WorkflowDocument,
    node: string,
    expression: string,
  ): Promise<CheckAnswer> {
    return this.call("POST", "/expressions/check", { expression, document, node, workflow });
  }

  /** Choices of a select; the address is the whole path that the schema names. */
  async options(url: string): Promise<JsonObject[]> {
    const path = url.startsWith("/api/v1") ? url.slice("/api/v1".length) : url;
    return (await this.call<{ results: JsonObject[] }>("GET", path)).results;
  }

  private async call<T>(method: string, path: string, body?: unknown, keepalive = false): Promise<T> {
    const response = await this.send(method, path, body, keepalive);
    const answer = await readJson(response);
    if (response.ok) return answer as T;
    const problem = isObject(answer) ? answer : {};
    const message = [problem.detail, problem.title].find((text) => typeof text === "string" && text !== "");
    throw new ApiError(
      response.status,
      typeof message === "string" ? message : `The server answered ${response.status}.`,
      typeof problem.code === "string" ? problem.code : "",
      problem,
    );
  }

  private async send(method: string, path: string, body: unknown, keepalive: boolean): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["X-CSRFToken"] = this.csrf;
    const init: RequestInit = { method, headers, credentials: "same-origin", keepalive };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      return await fetch(this.base + path, init);
    } catch {
      throw new ApiError(0, "The server cannot be reached.", "offline", {});
    }
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
