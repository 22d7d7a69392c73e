// A select whose choices the server lists.
import { useEffect, useState } from "react";
import type { Json, JsonObject } from "../model/json";
import { theApi } from "../state/store";
import { t } from "../text";
import { useFormPlace } from "./context";
import { emptied, type InputProps, textOf } from "./FieldInput";

const loaded = new Map<string, Promise<JsonObject[]>>();

function optionsFrom(url: string): Promise<JsonObject[]> {
  let options = loaded.get(url);
  if (!options) {
    options = theApi().options(url);
    loaded.set(url, options);
    // A failed load is asked again next time.
    options.catch(() => loaded.delete(url));
  }
  return options;
}

export function OptionsInput(props: InputProps) {
  const { field, id, value, onChange } = props;
  const { isReadOnly } = useFormPlace();
  const { options, failed } = useOptions(field.optionsUrl ?? "", field.optionValue);
  // A field of free text still takes any word when the list is not to be had.
  if (failed) {
    return (
      <input
        id={id}
        type="text"
        value={textOf(value)}
        readOnly={isReadOnly}
        onChange={(event) => onChange(event.target.value || emptied(field))}
      />
    );
  }
  // A document that was written by hand or comes from elsewhere may tell the name instead of the id.
  const current = options?.find((option) =>
    [option.id, option.name, ...option.also].some((word) => word !== null && String(word) === textOf(value)),
  );
  const written = current ? String(current.id) : textOf(value);
  const choose = (chosen: string) => {
    const option = options?.find((item) => String(item.id) === chosen);
    onChange(option ? matchType(option.id, field.textual) : emptied(field));
  };
  return (
    <select
      id={id}
      value={written}
      disabled={isReadOnly || !options}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{options ? t("Choose…") : t("Loading…")}</option>
      {!current && written !== "" && <option value={written}>{written}</option>}
      {options?.map((option) => (
        <option key={String(option.id)} value={String(option.id)}>
          {option.name}
        </option>
      ))}
    </select>
  );
}

function optionOf(item: JsonObject, part: string): Option {
  const id = item[part] ?? item.id ?? null;
  const also = [item.id ?? null, item.key ?? null];
  return { id, also, name: typeof item.name === "string" ? item.name : String(id) };
}

function matchType(id: Json, isTextual: boolean): Json {
  return isTextual ? String(id) : id;
}

interface Option {
  id: Json;
  name: string;
  /** Other words for it that a document may hold. */
  also: Json[];
}

function useOptions(url: string, part: string): { options: Option[] | null; failed: boolean } {
  const [options, setOptions] = useState<Option[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    optionsFrom(url).then(
      (list) => current && setOptions(list.map((item) => optionOf(item, part))),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [url, part]);
  return { options, failed };
}
