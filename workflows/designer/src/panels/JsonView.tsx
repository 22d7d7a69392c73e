// A JSON value as a tree to open and close, long lists cut.
import { isObject, type Json } from "../model/json";
import { t } from "../text";

const SHOWN = 100;
const LONG = 400;

export function JsonView({ value }: { value: Json | undefined }) {
  if (value === undefined || value === null) return <p className="quiet">{t("Nothing")}</p>;
  return (
    <div className="json">
      <Branch name="" value={value} depth={0} />
    </div>
  );
}

function Branch({ name, value, depth }: { name: string; value: Json; depth: number }) {
  if (!Array.isArray(value) && !isObject(value)) return <Leaf name={name} value={value} />;
  const entries = Object.entries(value);
  const sign = Array.isArray(value) ? t("{count} items", { count: entries.length }) : `{${entries.length}}`;
  return (
    <details open={depth < 2 && entries.length <= 20}>
      <summary>
        {name && <span className="json-key">{name}</span>} <span className="quiet">{sign}</span>
      </summary>
      {entries.slice(0, SHOWN).map(([key, item]) => (
        <Branch key={key} name={key} value={item} depth={depth + 1} />
      ))}
      {entries.length > SHOWN && (
        <p className="quiet">{t("and {count} more", { count: entries.length - SHOWN })}</p>
      )}
    </details>
  );
}

function Leaf({ name, value }: { name: string; value: string | number | boolean | null }) {
  const text = typeof value === "string" ? value : String(value);
  return (
    <div className="json-leaf">
      {name && <span className="json-key">{name}</span>}
      <span className={`json-${value === null ? "null" : typeof value}`}>
        {text.length > LONG ? `${text.slice(0, LONG)}…` : text}
      </span>
    </div>
  );
}
