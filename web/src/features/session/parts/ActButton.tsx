import type { ReactNode } from "react";
import { Button, type ButtonProps } from "@/primitives/Button";
import { Notice } from "@/primitives/Notice";
import type { Command } from "@/protocol/command";
import css from "./parts.module.css";
import { useAct } from "./useAct";

interface Props extends Pick<ButtonProps, "kind" | "size" | "wide" | "isDisabled" | "aria-label" | "aria-pressed"> {
  command: Command;
  children: ReactNode;
  onDone?: () => void;
  "data-testid"?: string;
}

/** A button that is one act. A refusal stands under it until the next press. */
export function ActButton({ command, children, onDone, ...button }: Props) {
  const act = useAct();
  const press = async () => {
    if ((await act.run(command)) && onDone) onDone();
  };
  return (
    <span className={css.act}>
      <Button {...button} isPending={act.pending} onPress={() => void press()}>
        {children}
      </Button>
      {act.refused && <Notice tone="bad">{act.refused}</Notice>}
    </span>
  );
}
