// Text of several lines; a template takes values from earlier steps at the cursor.
import { useRef } from "react";
import { suggestionsFor } from "../model/expressions";
import { useDesigner } from "../state/store";
import { t } from "../text";
import { useFormPlace } from "./context";
import { emptied, type InputProps, textOf } from "./FieldInput";

export function TemplateInput({ field, id, value, onChange }: InputProps) {
  const { isReadOnly, node } = useFormPlace();
  const area = useRef<HTMLTextAreaElement>(null);
  const text = textOf(value);
  const insert = (path: string) => {
    const { selectionStart = text.length, selectionEnd = text.length } = area.current ?? {};
    onChange(`${text.slice(0, selectionStart)}{{ ${path} }}${text.slice(selectionEnd)}`);
    area.current?.focus();
  };
  return (
    <>
      <textarea
        id={id}
        ref={area}
        rows={Math.min(10, Math.max(3, text.split("\n").length))}
        value={text}
        readOnly={isReadOnly}
        onChange={(event) => onChange(event.target.value === "" ? emptied(field) : event.target.value)}
      />
      {node !== null && !isReadOnly && field.widget === "template" && (
        <InsertValue node={node} onInsert={insert} />
      )}
    </>
  );
}

function InsertValue({ node, onInsert }: { node: string; onInsert: (path: string) => void }) {
  const document = useDesigner((state) => state.document);
  const types = useDesigner((state) => state.types);
  const suggestions = suggestionsFor(document, types, node);
  return (
    <select
      className="insert-value"
      aria-label={t("Insert a value from an earlier step")}
      value=""
      onChange={(event) => event.target.value && onInsert(event.target.value)}
    >
      <option value="">{t("Insert a value…")}</option>
      {[...Map.groupBy(suggestions, (item) => item.from)].map(([from, items]) => (
        <optgroup key={from} label={from}>
          {items.map((item) => (
            <option key={item.path} value={item.path}>
              {item.path}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
