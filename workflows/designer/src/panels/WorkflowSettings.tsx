// What concerns the workflow as a whole: what a run takes in, and a sample of it.
import { JsonInput } from "../forms/FieldInput";
import { FormContext } from "../forms/context";
import { Icon } from "../icons";
import type { Json } from "../model/json";
import { setSetting } from "../model/edits";
import type { SettingName } from "../model/operations";
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
