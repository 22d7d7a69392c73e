// A form drawn from a JSON Schema's fields.
import type { Json, JsonObject } from "../model/json";
import { withKey } from "../model/json";
import { type Field, isAsked } from "../model/schema";
import { FieldRow } from "./FieldRow";

interface Props {
  fields: Field[];
  value: JsonObject;
  /** Called with the whole value, and with the one field that changed. */
  onChange: (value: JsonObject, field: string, part: Json | undefined) => void;
  path?: string;
}

export function SchemaForm({ fields, value, onChange, path = "" }: Props) {
  return (
    <div className="form">
      {fields
        .filter((field) => isAsked(field, value))
        .map((field) => (
          <FieldRow
            key={field.name}
            field={field}
            path={path ? `${path}.${field.name}` : field.name}
            value={value[field.name]}
            onChange={(part) => onChange(withKey(value, field.name, part), field.name, part)}
          />
        ))}
    </div>
  );
}
