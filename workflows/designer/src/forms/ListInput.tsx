// A list of values: each entry on its own line, with add, remove and move up.
import type { Json } from "../model/json";
import { isObject } from "../model/json";
import { emptyValue, type Field } from "../model/schema";
import { Icon } from "../icons";
import { t } from "../text";
import { useFormPlace } from "./context";
import { FieldInput, type InputProps } from "./FieldInput";
import { FieldRow } from "./FieldRow";

export function ListInput({ field, path, id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  const item = field.item;
  const entries = Array.isArray(value) ? value : [];
  if (!item) return null;
  const put = (index: number, entry: Json | undefined) => onChange(entries.with(index, entry ?? null));
  return (
    <div className="list" id={id} role="group" aria-labelledby={`${id}-label`}>
      {entries.map((entry, index) => (
        <div className="list-entry" key={index}>
          <ListEntry
            item={item}
            path={`${path}.${index}`}
            id={`${id}-${index}`}
            name={`${field.label} ${index + 1}`}
            entry={entry}
            onChange={(next) => put(index, next)}
          />
          {!isReadOnly && (
            <button
              type="button"
              className="tool"
              aria-label={t("Remove entry {number}", { number: index + 1 })}
              onClick={() => onChange(entries.toSpliced(index, 1))}
            >
              <Icon name="close" size={14} />
            </button>
          )}
        </div>
      ))}
      {!isReadOnly && (
        <button
          type="button"
          className="button button-small"
          onClick={() => onChange([...entries, emptyValue(item)])}
        >
          <Icon name="plus" size={14} />
          {t("Add")}
        </button>
      )}
    </div>
  );
}

interface EntryProps {
  item: Field;
  path: string;
  id: string;
  name: string;
  entry: Json;
  onChange: (value: Json | undefined) => void;
}

function ListEntry({ item, path, id, name, entry, onChange }: EntryProps) {
  if (item.widget === "object") {
    const value = isObject(entry) ? entry : {};
    return (
      <div className="list-object">
        {item.fields.map((field) => (
          <FieldRow
            key={field.name}
            field={field}
            path={`${path}.${field.name}`}
            value={value[field.name]}
            onChange={(part) => onChange({ ...value, [field.name]: part ?? null })}
          />
        ))}
      </div>
    );
  }
  if (item.widget === "expression")
    return <FieldRow field={{ ...item, label: name }} path={path} value={entry} onChange={onChange} />;
  return (
    <div className="list-value">
      <label className="visually-hidden" htmlFor={id}>
        {name}
      </label>
      <FieldInput field={item} path={path} id={id} value={entry} onChange={onChange} />
    </div>
  );
}
