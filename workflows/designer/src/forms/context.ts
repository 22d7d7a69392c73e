// What fields of a form need to know of the place they stand in.
import { createContext, useContext } from "react";
import type { Problem } from "../model/problems";

export interface FormPlace {
  /** Makes element ids unique on the page. */
  prefix: string;
  isReadOnly: boolean;
  /** The step whose expressions are written; none in a form that takes fixed values only. */
  node: string | null;
  /** Values are fixed; only a template may take some from earlier steps. */
  isFixed?: boolean;
  problems: Problem[];
}

export const FormContext = createContext<FormPlace>({
  prefix: "form",
  isReadOnly: false,
  node: null,
  problems: [],
});

export function useFormPlace(): FormPlace {
  return useContext(FormContext);
}
