// What concerns the workflow as a whole: the settings of its runs, what a run takes in, and a sample of it.
import { useMemo } from "react";
import { JsonInput } from "../forms/FieldInput";
import { FormContext, type FormPlace } from "../forms/context";
import { SchemaForm } from "../forms/SchemaForm";
import { Icon } from "../icons";
import type { Json, JsonObject } from "../model/json";
import { setSetting } from "../model/edits";
import type { SettingName } from "../model/operations";
import { type Problem, SETTINGS } from "../model/problems";
import { settingFields, writtenSettings } from "../model/rules";
import { type Field, fieldsOf } from "../model/schema";
import { commit, useDesigner } from "../state/store";
import { t } from "../text";

const [SCHEMA_FIELD, SAMPLE_FIELD] = fieldsOf({
  properties: {
    input_schema: {
      anyOf: [{ type: "object", "x-widget": "json" }, { type: "null" }],
      title: "Input schema",
    },
    sample_input: { anyOf: [{ "x-widget": "json" }, { type: "null" }], title: "Sample input" },
  },
});

export function WorkflowSettings() {
  const document = useDesigner((state) => state.document);
  const canEdit = useDesigner((state) => state.rights.edit);
  const write = (name: SettingName, label: string) => (value: Json | undefined) =>
    commit(setSetting(document, name, value ?? null, label));
  return (
    <aside className="inspector" aria-label={t("Workflow settings")}>
      <header className="inspector-head">
        <div className="inspector-title">
          <h2>{t("Workflow settings")}</h2>
        </div>
        <button
          type="button"
          className="tool"
          aria-label={t("Close")}
          onClick={() => useDesigner.setState({ hasSettings: false })}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="inspector-body">
        <RunSettings />
        <FormContext value={{ prefix: "workflow", isReadOnly: !canEdit, node: null, problems: [] }}>
          <Setting
            field={SCHEMA_FIELD}
            help={t(
              "A JSON Schema of what a run takes in. It draws the form that a person fills in to start a run.",
            )}
            value={document.input_schema ?? null}
            onChange={write("input_schema", t("Change input schema"))}
          />
          <Setting
            field={SAMPLE_FIELD}
            help={t("Expressions are shown with these values while you edit.")}
            value={document.sample_input ?? null}
            onChange={write("sample_input", t("Change sample input"))}
          />
        </FormContext>
      </div>
    </aside>
  );
}

function RunSettings() {
  const settings = useDesigner((state) => state.document.settings);
  const schema = useDesigner((state) => state.schemas.settings);
  const problems = useDesigner((state) => state.problems);
  const canEdit = useDesigner((state) => state.rights.edit);
  const fields = useMemo(() => settingFields(schema), [schema]);
  const place = useMemo<FormPlace>(
    () => ({ prefix: "settings", isReadOnly: !canEdit, node: null, problems: ofSettings(problems) }),
    [canEdit, problems],
  );
  const write = (value: JsonObject) =>
    commit(
      setSetting(
        useDesigner.getState().document,
        "settings",
        writtenSettings(fields, value),
        t("Change workflow settings"),
      ),
    );
  return (
    <FormContext value={place}>
      <SchemaForm fields={fields} value={settings ?? {}} onChange={write} />
    </FormContext>
  );
}

/** Their fields without the name in front of them, as the form knows them. */
function ofSettings(problems: Problem[]): Problem[] {
  return problems
    .filter((problem) => !problem.node && problem.field?.startsWith(SETTINGS))
    .map((problem) => ({ ...problem, field: problem.field?.slice(SETTINGS.length) ?? null }));
}

interface SettingProps {
  field: Field | undefined;
  help: string;
  value: Json;
  onChange: (value: Json | undefined) => void;
}

function Setting({ field, help, value, onChange }: SettingProps) {
  if (!field) return null;
  const id = `workflow-${field.name}`;
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{t(field.label)}</label>
      </div>
      <JsonInput field={field} path={field.name} id={id} value={value} onChange={onChange} />
      <p className="field-help">{help}</p>
    </div>
  );
}
