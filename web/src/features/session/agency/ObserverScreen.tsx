import { Stage } from "../stage/Stage";
import css from "./agency.module.css";

/** Looks on: pictures and nothing to press. */
export function ObserverScreen() {
  return (
    <div className={css.observer}>
      <Stage own={false} />
    </div>
  );
}
