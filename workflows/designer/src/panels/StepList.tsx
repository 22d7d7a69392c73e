// The step types by category, filtered by a search: the palette and the + menus show it.
import { type KeyboardEvent, type RefObject, useMemo, useState } from "react";
import { STEP_DRAG } from "../canvas/drag";
import { Icon, iconOf } from "../icons";
import { FAMILIES, FAMILY_TITLES, type StepType } from "../model/steptypes";
import { humanName } from "../model/schema";
import { useDesigner } from "../state/store";
import { t } from "../text";

interface Props {
  onPick: (type: StepType) => void;
  accepts?: (type: StepType) => boolean;
  searchRef?: RefObject<HTMLInputElement | null>;
  isDraggable?: boolean;
  hasFocus?: boolean;
}

const ALL = () => true;

export function StepList({ onPick, accepts = ALL, searchRef, isDraggable = false, hasFocus = false }: Props) {
  const types = useDesigner((state) => state.types);
  const [query, setQuery] = useState("");
  const groups = useMemo(() => groupsOf([...types.values()].filter(accepts), query), [types, accepts, query]);
  const first = groups[0]?.types[0];
  return (
    <div className="step-list" onKeyDown={moveFocus}>
      <label className="search">
        <Icon name="search" size={14} />
        <span className="visually-hidden">{t("Search steps")}</span>
        <input
          ref={searchRef}
          type="search"
          placeholder={t("Search steps")}
          value={query}
          autoFocus={hasFocus}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !first) return;
            onPick(first);
            setQuery("");
          }}
        />
        <kbd>/</kbd>
      </label>
      <div className="step-groups">
        {groups.map((group) => (
          <section key={group.family}>
            <h3>{t(FAMILY_TITLES[group.family] ?? humanName(group.family))}</h3>
            {group.types.map((type) => (
              <StepItem key={type.key} type={type} isDraggable={isDraggable} onPick={onPick} />
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="quiet">{t("No step is called that.")}</p>}
      </div>
    </div>
  );
}

function StepItem({
  type,
  isDraggable,
  onPick,
}: {
  type: StepType;
  isDraggable: boolean;
  onPick: (type: StepType) => void;
}) {
  return (
    <button
      type="button"
      className={`step-item family-${type.family}`}
      title={type.description}
      draggable={isDraggable}
      data-testid={`palette-${type.key}`}
      data-step-type={type.key}
      onDragStart={(event) => {
        event.dataTransfer.setData(STEP_DRAG, type.key);
        event.dataTransfer.effectAllowed = "copy";
      }}
      onClick={() => onPick(type)}
    >
      <span className="card-icon">
        <Icon name={iconOf(type.key, type)} />
      </span>
      {type.title}
    </button>
  );
}

interface Group {
  family: string;
  types: StepType[];
}

export function groupsOf(types: StepType[], query: string): Group[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = types.filter((type) => {
    const text = `${type.title} ${type.key} ${type.description} ${type.family}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const known: string[] = [...FAMILIES];
  const families = [
    ...known,
    ...new Set(matching.map((type) => type.family).filter((family) => !known.includes(family))),
  ];
  return families
    .map((family) => ({ family, types: matching.filter((type) => type.family === family) }))
    .filter((group) => group.types.length > 0);
}

/** Up and down walk through the search field and the steps. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("input, button")];
  const at = stops.indexOf(event.target as HTMLElement);
  const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
