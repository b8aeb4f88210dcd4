import type { ReactNode } from "react";
import css from "./Columns.module.css";

interface Props {
  /** The pictures, as large as the window allows. */
  stage: ReactNode;
  /** What must be in reach without scrolling, under the pictures. */
  keys?: ReactNode;
  /** Work beside the pictures; on a narrow window below them. */
  children: ReactNode;
  wide?: boolean;
}

/** The frame of a screen with pictures and work. */
export function Columns({ stage, keys, children, wide = false }: Props) {
  return (
    <div className={[css.columns, wide ? css.wide : ""].join(" ")}>
      <div className={css.stage}>
        {stage}
        {keys && <div className={css.keys}>{keys}</div>}
      </div>
      <div className={css.rail}>{children}</div>
    </div>
  );
}
