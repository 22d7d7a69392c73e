// The icons of step types, states and buttons: 24 px outlines.
import type { StepType } from "./model/steptypes";

const PATHS: Record<string, string> = {
  hand: "M9 11V5.5a1.5 1.5 0 0 1 3 0V11m0-1V4.5a1.5 1.5 0 0 1 3 0V11m0-3.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1a6 6 0 0 1-4.6-2.2L4 15.300a1.600 1.600 0 0 1 2.400-2.100L9 15.500V7",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4.500V12l3 2",
  bolt: "M13 3 5 13.500h6L10.500 21 19 10h-6.500L13 3Z",
  webhook:
    "M9.500 9a3.500 3.500 0 1 1 4.800 3.200l2.200 4M8 13.200A3.500 3.500 0 1 0 9 19h5m3.500-4.500a3 3 0 1 1-2 5.400",
  people:
    "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6 9c0-3.300 2.700-5.500 6-5.500s6 2.200 6 5.500m1-9.200a3.300 3.300 0 0 0 0-6.300m2 10.400c1.900.8 3 2.600 3 5.100",
  gauge: "M4 17a8.500 8.500 0 1 1 16 0M12 16l4-5",
  branch: "M6 4v16M6 12h5a5 5 0 0 0 5-5V4m-3 3 3-3 3 3",
  switch: "M4 12h4l4-7h8M8 12h12M8 12l4 7h8",
  sliders: "M4 7h9m4 0h3M4 17h3m4 0h9M13 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0Zm-6 10a2 2 0 1 0 4 0 2 2 0 0 0-4 0Z",
  retry: "M19 5v5h-5M18.500 10A7.500 7.500 0 1 0 19.500 13.500",
  stopwatch: "M12 6.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15ZM12 10.500V14M9.500 3h5M12 3v3.500",
  lock: "M6 11h12v9.500H6V11Zm2.500 0V8a3.500 3.500 0 0 1 7 0v3",
  keep: "M4 7c0-1.900 3.600-3.500 8-3.500S20 5.100 20 7s-3.600 3.500-8 3.500S4 8.900 4 7Zm0 0v10c0 1.900 3.600 3.500 8 3.500s8-1.600 8-3.500V7M4 12c0 1.900 3.600 3.500 8 3.500s8-1.600 8-3.500",
  plan: "M4 6l1.500 1.500L8 5M4 12.500 5.500 14 8 11.500M4 19l1.500 1.500L8 18M12 6.500h8m-8 6h8m-8 6h8",
  workflow: "M4 4h6v6H4V4Zm10 10h6v6h-6v-6ZM7 10v4a3 3 0 0 0 3 3h4",
  event: "M5 9.500a7 7 0 0 1 14 0c0 6 2 7 2 7H3s2-1 2-7Zm5 10a2 2 0 0 0 4 0",
  check: "m5 12.500 4.500 4.500L19 7.500",
  shield: "M12 3 5 6v5.500c0 4.400 3 8 7 9.500 4-1.500 7-5.100 7-9.500V6l-7-3Zm-3 9 2 2 4-4",
  sum: "M17 6V4H7l5.500 8L7 20h10v-2",
  loop: "M17 3l3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3m13-2v2a3 3 0 0 1-3 3H4",
  merge: "M5 5c0 5 3 7 7 7h8M5 19c0-5 3-7 7-7m5-3 3 3-3 3",
  hourglass: "M7 3h10M7 21h10M8 3c0 5 4 5.500 4 9s-4 4-4 9M16 3c0 5-4 5.500-4 9s4 4 4 9",
  approve:
    "M10 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6 9c0-3.300 2.700-5.500 6-5.500 1.300 0 2.500.3 3.500.9M14.500 18l2 2 4-4.500",
  chat: "M4 5h16v11H9l-5 4V5Zm4 4h8m-8 3.500h5",
  pencil: "M4 20l1-4L16.500 4.500a2.100 2.100 0 0 1 3 3L8 19l-4 1Z",
  tag: "M4 4h7l9 9-7 7-9-9V4Zm4 4h.01",
  ticket: "M6 3h12v18l-3-2-3 2-3-2-3 2V3Zm3 5h6m-6 4h6",
  note: "M5 4h14v10l-5 6H5V4Zm14 10h-5v6M8.500 8.500h7",
  mail: "M3.500 6h17v12h-17V6Zm0 .5L12 13l8.500-6.500",
  globe:
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3.500 12h17M12 3c2.500 2.500 3.500 5.500 3.500 9s-1 6.500-3.500 9c-2.500-2.500-3.500-5.500-3.500-9S9.500 5.500 12 3Z",
  card: "M3 6h18v12H3V6Zm0 4h18M6.500 14.500h4",
  spark:
    "M12 3.500l1.800 5.200L19 10.500l-5.200 1.800L12 17.500l-1.800-5.200L5 10.500l5.200-1.800L12 3.500ZM18.500 16v4m-2-2h4",
  plug: "M9 3v5m6-5v5M6.500 8h11v3.500a5.500 5.500 0 0 1-11 0V8ZM12 17v4",
  box: "M5 5h14v14H5z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  undo: "M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-3",
  redo: "m16 5 4 4-4 4m4-4H10a5.500 5.500 0 0 0 0 11h3",
  history: "M4 4v5h5M4.500 9A8.500 8.500 0 1 1 3.500 12.500M12 8v4.500l3 2",
  fit: "M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5",
  tidy: "M4 5h5v5H4zm11 0h5v5h-5zM15 15h5v5h-5zM9 7.500h6M12 7.500v10h3",
  map: "M9 4 3.500 6v14L9 18l6 2 5.500-2V4L15 6 9 4Zm0 0v14m6-12v14",
  play: "M8 5.500v13l10.500-6.500L8 5.500Z",
  stop: "M7 7h10v10H7z",
  pause: "M8.5 5.500v13M15.500 5.500v13",
  skip: "M5 6v5a4 4 0 0 0 4 4h10m-4-4 4 4-4 4",
  ban: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM6 6l12 12",
  ring: "M12 4.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15Z",
  question: "M8.5 9a3.500 3.500 0 1 1 5.200 3.100c-1.100.6-1.700 1.200-1.700 2.400m0 3.500v.01",
  close: "M6 6l12 12M18 6 6 18",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.500 11v5m3-5v5",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20",
  down: "m7 10 5 5 5-5",
  up: "m7 14 5-5 5 5",
  more: "M6 11.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1Zm6 0a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1Zm6 0a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1Z",
  warning: "M12 4 2.800 20h18.400L12 4Zm0 6v4.500m0 2.800v.01",
  download: "M12 4v11m-4-4 4 4 4-4M4.500 19.500h15",
  upload: "M12 15V4M8 8l4-4 4 4M4.500 19.500h15",
  copy: "M8 8h12v12H8zM16 8V4H4v12h4",
};

const BY_TYPE: Record<string, string> = {
  trigger_person: "hand",
  trigger_schedule: "clock",
  trigger_record_created: "plus",
  trigger_record_updated: "bolt",
  trigger_webhook: "webhook",
  segment_customers: "people",
  score_churn: "gauge",
  if: "branch",
  switch: "switch",
  set_values: "sliders",
  validate_data: "shield",
  risk_scorecard: "gauge",
  aggregate: "sum",
  map: "loop",
  loop: "retry",
  plan: "plan",
  run_workflow: "workflow",
  wait_for_event: "event",
  stop: "stop",
  refund: "undo",
  merge: "merge",
  delay: "hourglass",
  approval: "approve",
  ask_operator: "chat",
  update_customer: "pencil",
  tag_customer: "tag",
  create_request: "ticket",
  add_note: "note",
  send_mail: "mail",
  http_request: "globe",
  payment: "card",
};

const BY_FAMILY: Record<string, string> = {
  trigger: "bolt",
  crm: "people",
  decision: "branch",
  flow: "merge",
  ai: "spark",
  people: "approve",
  connect: "plug",
};

export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? PATHS.box} />
    </svg>
  );
}

export function iconOf(key: string, type: StepType | undefined): string {
  if (type && type.icon in PATHS) return type.icon;
  return BY_TYPE[key] ?? BY_FAMILY[type?.family ?? ""] ?? "box";
}
