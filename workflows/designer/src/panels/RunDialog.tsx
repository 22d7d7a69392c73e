// Starts a run of the live version with an input typed into a form, or as JSON.
import { Validator } from "@cfworker/json-schema";
import { useMemo, useState } from "react";
import { ApiError } from "../api";
import { FormContext } from "../forms/context";
import { JsonInput } from "../forms/FieldInput";
import { SchemaForm } from "../forms/SchemaForm";
import { isObject, type Json, type JsonObject } from "../model/json";
import type { Problem } from "../model/problems";
import { type Field, fieldsOf } from "../model/schema";
import { followRun } from "../state/running";
import { theApi, useDesigner } from "../state/store";
import { t } from "../text";
import { Dialog } from "./Dialog";

const close = () => useDesigner.setState({ dialog: null });

const [RAW_FIELD] = fieldsOf({ properties: { input: { "x-widget": "json", title: "Input (JSON)" } } });

export function RunDialog() {
  const document = useDesigner((state) => state.document);
  const published = useDesigner((state) => state.published);
  const [input, setInput] = useState<Json>(() => document.sample_input ?? {});
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);
  const schema = document.input_schema ?? null;
  const problems = useMemo(() => inputProblems(schema, input), [schema, input]);
  if (!published) return <NotPublished />;
  const start = async () => {
    setBusy(true);
    setFailure(await startRun(input));
    setBusy(false);
  };
  return (
    <Dialog title={t("Run “{name}”", { name: document.name })} onClose={close}>
      <div className="sheet-body">
        <p className="quiet">
          {t("Runs version {number}, the live one. Edits since then are not in it.", {
            number: published.number,
          })}
        </p>
        <FormContext value={{ prefix: "run", isReadOnly: false, node: null, problems }}>
          <InputForm fields={fieldsOf(schema)} input={input} onChange={setInput} />
        </FormContext>
        {failure && <p className="callout">{failure}</p>}
      </div>
      <footer>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
        <button
          type="button"
          className="button button-primary"
          disabled={isBusy || problems.length > 0}
          onClick={() => void start()}
        >
          {isBusy ? t("Starting…") : t("Start run")}
        </button>
      </footer>
    </Dialog>
  );
}

function NotPublished() {
  return (
    <Dialog title={t("Nothing to run yet")} onClose={close}>
      <div className="sheet-body">
        <p>{t("A run uses a published version. Review and publish this draft first.")}</p>
      </div>
      <footer>
        <button
          type="button"
          className="button button-primary"
          onClick={() => useDesigner.setState({ dialog: "publish" })}
        >
          {t("Review & publish")}
        </button>
      </footer>
    </Dialog>
  );
}

function InputForm({
  fields,
  input,
  onChange,
}: {
  fields: Field[];
  input: Json;
  onChange: (input: Json) => void;
}) {
  if (fields.length)
    return <SchemaForm fields={fields} value={isObject(input) ? input : {}} onChange={onChange} />;
  if (!RAW_FIELD) return null;
  return (
    <details>
      <summary>{t("Input (JSON)")}</summary>
      <label className="visually-hidden" htmlFor="run-input">
        {t("Input (JSON)")}
      </label>
      <JsonInput
        field={RAW_FIELD}
        path="input"
        id="run-input"
        value={input}
        onChange={(value) => onChange(value ?? {})}
      />
    </details>
  );
}

/** Says why the run could not start; an empty text when it did. */
async function startRun(input: Json): Promise<string> {
  try {
    const run = await theApi().startRun(useDesigner.getState().id, input);
    close();
    followRun(run);
    return "";
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

/** What the schema finds wrong, each told at its field. */
function inputProblems(schema: JsonObject | null, input: Json): Problem[] {
  if (!schema) return [];
  const { errors } = new Validator(schema, "2020-12", false).validate(input);
  return errors
    .filter((error) => error.keyword !== "properties")
    .map((error) => ({
      node: null,
      field:
        error.keyword === "required"
          ? (/"([^"]+)"/.exec(error.error)?.[1] ?? null)
          : error.instanceLocation.replace(/^#\/?/, "").replaceAll("/", "."),
      code: error.keyword,
      message: error.keyword === "required" ? t("This is needed.") : error.error,
      severity: "error",
    }));
}
