// Names with values; each value is fixed text or, behind its =, an expression.
import { lazy, Suspense, useState } from "react";
import { Icon } from "../icons";
import { asExpression, asFixed, expressionText, isExpression } from "../model/expressions";
import { isObject, type Json, type JsonObject } from "../model/json";
import { t } from "../text";
import { useFormPlace } from "./context";
import { type InputProps, textOf } from "./FieldInput";

const ExpressionEditor = lazy(() => import("./ExpressionEditor"));

export function KeyValues({ id, value, onChange }: InputProps) {
  const { isReadOnly } = useFormPlace();
  const entries = Object.entries(isObject(value) ? value : {});
  const put = (index: number, key: string, entry: Json) =>
    onChange(Object.fromEntries(entries.with(index, [key, entry])) as JsonObject);
  return (
    <div className="key-values" id={id} role="group" aria-labelledby={`${id}-label`}>
      {entries.map(([key, entry], index) => (
        // The place in the list is the identity: the name itself is being typed.
        <KeyValue
          key={index}
          id={`${id}-${index}`}
          name={key}
          taken={entries.map(([other]) => other).filter((other) => other !== key)}
          entry={entry}
          onRename={(next) => put(index, next, entry)}
          onChange={(next) => put(index, key, next)}
          onRemove={() => onChange(Object.fromEntries(entries.toSpliced(index, 1)) as JsonObject)}
        />
      ))}
      {!isReadOnly && (
        <button
          type="button"
          className="button button-small"
          onClick={() => onChange({ ...Object.fromEntries(entries), [freshKey(entries)]: "" } as JsonObject)}
        >
          <Icon name="plus" size={14} />
          {t("Add value")}
        </button>
      )}
    </div>
  );
}

function freshKey(entries: [string, Json][]): string {
  const taken = new Set(entries.map(([key]) => key));
  let number = entries.length + 1;
  while (taken.has(`value_${number}`)) number++;
  return `value_${number}`;
}

interface RowProps {
  id: string;
  name: string;
  taken: string[];
  entry: Json;
  onRename: (name: string) => void;
  onChange: (value: Json) => void;
  onRemove: () => void;
}

function KeyValue({ id, name, taken, entry, onRename, onChange, onRemove }: RowProps) {
  const { isReadOnly, node } = useFormPlace();
  const [typed, setTyped] = useState<string | null>(null);
  const rename = (next: string) => {
    // Two values of one name would swallow each other: wait until the name is its own.
    const isFree = next !== "" && !taken.includes(next);
    setTyped(isFree ? null : next);
    if (isFree) onRename(next);
  };
  const asExpr = node !== null && isExpression(entry);
  return (
    <div className="key-value">
      <input
        type="text"
        className="code"
        aria-label={t("Name")}
        value={typed ?? name}
        readOnly={isReadOnly}
        onBlur={() => setTyped(null)}
        onChange={(event) => rename(event.target.value)}
      />
      {node !== null && !isReadOnly && (
        <button
          type="button"
          className="flip"
          aria-pressed={asExpr}
          aria-label={asExpr ? t("Use a fixed value") : t("Use an expression")}
          title={asExpr ? t("Use a fixed value") : t("Use an expression")}
          onClick={() => onChange(asExpr ? (asFixed(entry) ?? "") : asExpression(entry))}
        >
          =
        </button>
      )}
      {!isReadOnly && (
        <button type="button" className="tool" aria-label={t("Remove {name}", { name })} onClick={onRemove}>
          <Icon name="close" size={14} />
        </button>
      )}
      <div className="key-value-entry">
        {asExpr ? (
          <Suspense fallback={<div className="expression is-loading">{expressionText(entry)}</div>}>
            <ExpressionEditor
              id={id}
              label={name}
              node={node}
              text={expressionText(entry)}
              isReadOnly={isReadOnly}
              onChange={(text) => onChange({ $expr: text })}
            />
          </Suspense>
        ) : (
          <input
            id={id}
            type="text"
            aria-label={t("Value of {name}", { name })}
            value={textOf(entry)}
            readOnly={isReadOnly}
            onChange={(event) => onChange(fixedValue(event.target.value))}
          />
        )}
      </div>
    </div>
  );
}

/** Typed digits are a number and true is true; everything else is text. */
function fixedValue(text: string): Json {
  if (/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text;
}
