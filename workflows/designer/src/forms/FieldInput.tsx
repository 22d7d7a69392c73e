// The control for a fixed value, by the field's widget.
import { lazy, Suspense, useState } from "react";
import { isObject, type Json } from "../model/json";
import type { Field } from "../model/schema";
import { t } from "../text";
import { useFormPlace } from "./context";
import { KeyValues } from "./KeyValues";
import { ListInput } from "./ListInput";
import { OptionsInput } from "./OptionsInput";
import { SchemaForm } from "./SchemaForm";
import { TemplateInput } from "./TemplateInput";

const ExpressionEditor = lazy(() => import("./ExpressionEditor"));

export interface InputProps {
  field: Field;
  path: string;
  id: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

export function FieldInput(props: InputProps) {
  switch (props.field.widget) {
    case "boolean":
      return <BooleanInput {...props} />;
    case "number":
      return <NumberInput {...props} />;
    case "select":
      return <SelectInput {...props} />;
    case "options":
      return <OptionsInput {...props} />;
    case "textarea":
    case "template":
      return <TemplateInput {...props} />;
    case "template-line":
      return <TemplateLine {...props} />;
    case "list":
      return <ListInput {...props} />;
    case "object":
      return <ObjectInput {...props} />;
    case "key-values":
      return <KeyValues {...props} />;
    case "json":
      return <JsonInput {...props} />;
    default:
      return <TextInput {...props} />;
  }
}

export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An emptied field holds nothing where nothing is allowed, else an empty text. */
export function emptied(field: Field): Json | undefined {
  return field.nullable ? null : field.required ? "" : undefined;
}

function TextInput({ field, id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  return (
    <input
      id={id}
      type="text"
      value={textOf(value)}
      placeholder={textOf(field.default)}
      readOnly={isReadOnly}
      onChange={(event) => onChange(event.target.value === "" ? emptied(field) : event.target.value)}
    />
  );
}

function NumberInput({ field, id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  // What is being typed may not be a number yet ("-", "0."), so the text has its own life.
  const [typed, setTyped] = useState<{ text: string; value: Json | undefined } | null>(null);
  const text = typed && typed.value === value ? typed.text : textOf(value);
  const change = (next: string) => {
    const number = next.trim() === "" ? (field.nullable ? null : undefined) : Number(next);
    const valid = typeof number !== "number" || Number.isFinite(number);
    setTyped({ text: next, value: valid ? number : value });
    if (valid) onChange(number);
  };
  return (
    <input
      id={id}
      type="number"
      inputMode="decimal"
      step={field.integer ? 1 : "any"}
      min={field.minimum ?? undefined}
      max={field.maximum ?? undefined}
      value={text}
      placeholder={textOf(field.default)}
      readOnly={isReadOnly}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function BooleanInput({ id, field, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  return (
    <input
      id={id}
      type="checkbox"
      className="switch"
      role="switch"
      checked={(value ?? field.default ?? false) === true}
      disabled={isReadOnly}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

function SelectInput({ field, id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  const current = value ?? field.default ?? null;
  const at = field.choices.findIndex((choice) => choice.value === current);
  return (
    <select
      id={id}
      value={at}
      disabled={isReadOnly}
      onChange={(event) =>
        onChange(field.choices[Number(event.target.value)]?.value ?? (field.nullable ? null : undefined))
      }
    >
      {(at < 0 || field.nullable) && <option value={-1}>{t("Choose…")}</option>}
      {field.choices.map((choice, index) => (
        <option key={index} value={index}>
          {t(choice.label)}
        </option>
      ))}
    </select>
  );
}

/** One line with values from earlier steps in it, completed while it is typed. */
function TemplateLine({ field, id, value, onChange }: InputProps) {
  const { isReadOnly, node } = useFormPlace();
  return (
    <Suspense fallback={<div className="expression is-loading">{textOf(value)}</div>}>
      <ExpressionEditor
        id={id}
        label={field.label}
        node={node}
        text={textOf(value)}
        isTemplate
        isReadOnly={isReadOnly}
        onChange={(text) => onChange(text === "" ? emptied(field) : text)}
      />
    </Suspense>
  );
}

function ObjectInput({ field, path, value, onChange }: InputProps) {
  return (
    <fieldset className="nested">
      <SchemaForm
        fields={field.fields}
        path={path}
        value={isObject(value) ? value : {}}
        onChange={(next) => onChange(next)}
      />
    </fieldset>
  );
}

export function JsonInput({ field, id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  const [typed, setTyped] = useState<{ text: string; value: Json | undefined } | null>(null);
  const [error, setError] = useState("");
  const text =
    typed && typed.value === value
      ? typed.text
      : value === undefined || value === null
        ? ""
        : JSON.stringify(value, null, 2);
  const change = (next: string) => {
    const read = readJson(next, field);
    setError(read.error);
    setTyped({ text: next, value: read.error ? value : read.value });
    if (!read.error) onChange(read.value);
  };
  return (
    <>
      <textarea
        id={id}
        className="code"
        rows={6}
        spellCheck={false}
        readOnly={isReadOnly}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
      {error && <p className="field-error">{error}</p>}
    </>
  );
}

function readJson(text: string, field: Field): { value: Json | undefined; error: string } {
  if (text.trim() === "") return { value: field.nullable ? null : undefined, error: "" };
  try {
    return { value: JSON.parse(text) as Json, error: "" };
  } catch {
    return { value: undefined, error: t("This is not JSON yet; the last valid value stays.") };
  }
}
