// Entry of the designer island.
import { createRoot } from "react-dom/client";
import { Api } from "./api";
import { Workbench } from "./Workbench";
import { fillPage, Failed } from "./mount";
import { openWorkflow } from "./state/store";
import "./styles/designer.css";

async function start(host: HTMLElement): Promise<void> {
  const { workflowId = "", api = "/api/v1", csrf = "" } = host.dataset;
  fillPage(host);
  host.classList.add("designer");
  const root = createRoot(host);
  try {
    await openWorkflow(workflowId, new Api(api, csrf));
    root.render(<Workbench />);
  } catch (error) {
    root.render(<Failed error={error} />);
  }
}

const host = document.getElementById("designer");
if (host) void start(host);
