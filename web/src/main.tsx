import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startServiceWorker } from "./app/serviceWorker";
import { startTexts } from "./i18n";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";

await startTexts();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
startServiceWorker();
