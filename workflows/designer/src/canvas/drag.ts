// The kind of data that a step dragged from the palette carries.
export const STEP_DRAG = "application/x-rapport-step";
