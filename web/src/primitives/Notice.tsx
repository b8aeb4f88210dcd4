import type { ReactNode } from "react";
import css from "./Notice.module.css";

export type Tone = "info" | "good" | "warn" | "bad";

/** Shapes differ as well as colours. */
const SIGNS: Record<Tone, string> = { info: "i", good: "✓", warn: "!", bad: "×" };

/** A sentence about a state. `bad` and `warn` are read out at once. */
export function Notice({ tone = "info", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={[css.notice, css[tone]].join(" ")} role={tone === "bad" || tone === "warn" ? "alert" : "status"}>
      <span className={css.sign} aria-hidden>
        {SIGNS[tone]}
      </span>
      <div className={css.text}>{children}</div>
    </div>
  );
}

/** A state in one or two words. */
export function Badge({ tone = "info", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={[css.badge, css[tone]].join(" ")}>
      <span aria-hidden>{SIGNS[tone]}</span> {children}
    </span>
  );
}
