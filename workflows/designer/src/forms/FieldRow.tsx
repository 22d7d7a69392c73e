// One field with its label, help, problems, and the = that turns a fixed value into an expression.
import { lazy, Suspense } from "react";
import { asExpression, asFixed, expressionText, isExpression } from "../model/expressions";
import type { Json } from "../model/json";
import { isAbout } from "../model/problems";
import type { Field } from "../model/schema";
import { t } from "../text";
import { useFormPlace } from "./context";
import { FieldInput } from "./FieldInput";

const ExpressionEditor = lazy(() => import("./ExpressionEditor"));

export interface FieldProps {
  field: Field;
  path: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

export function FieldRow({ field, path, value, onChange }: FieldProps) {
  const { prefix, node, isFixed = false, isReadOnly, problems } = useFormPlace();
  const id = `${prefix}-${path.replaceAll(/[^\w]+/g, "-")}`;
  // What is about a part of an object stands at that part.
  const parts = field.fields.map((part) => `${path}.${part.name}`);
  const about = problems.filter(
    (problem) => isAbout(problem, path) && !parts.some((part) => isAbout(problem, part)),
  );
  const always = field.widget === "expression";
  const asExpr = node !== null && !isFixed && (always || isExpression(value));
  const canFlip = node !== null && !isFixed && !always && !isReadOnly && field.widget !== "key-values";
  return (
    <div className={about.length ? "field has-problem" : "field"} data-field={path}>
      <div className="field-head">
        <label htmlFor={id} id={`${id}-label`}>
          {field.label}
          {field.required && (
            <span className="required" aria-hidden="true">
              *
            </span>
          )}
        </label>
        {canFlip && (
          <FlipButton
            isExpression={asExpr}
            onFlip={() => onChange(asExpr ? asFixed(value) : asExpression(value))}
          />
        )}
      </div>
      {asExpr ? (
        <Suspense fallback={<div className="expression is-loading">{expressionText(value)}</div>}>
          <ExpressionEditor
            id={id}
            label={field.label}
            node={node}
            text={expressionText(value)}
            isReadOnly={isReadOnly}
            onChange={(text) => onChange(always && !text ? undefined : { $expr: text })}
          />
        </Suspense>
      ) : (
        <FieldInput field={field} path={path} id={id} value={value} onChange={onChange} />
      )}
      {about.map((problem, index) => (
        <p key={index} className="field-error" id={`${id}-error`}>
          {problem.message}
        </p>
      ))}
      {field.help && <p className="field-help">{field.help}</p>}
    </div>
  );
}

function FlipButton({ isExpression, onFlip }: { isExpression: boolean; onFlip: () => void }) {
  const label = isExpression ? t("Use a fixed value") : t("Use an expression");
  return (
    <button
      type="button"
      className="flip"
      title={label}
      aria-label={label}
      aria-pressed={isExpression}
      onClick={onFlip}
    >
      =
    </button>
  );
}
