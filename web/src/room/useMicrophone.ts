import { useCallback, useEffect } from "react";
import { useRoomView, useSection } from "./context";
import { useCommand } from "./context";

/** The key on the keyboard; foot switches are set to send it. */
export const MICROPHONE_KEY = "F8";

/** Own microphone: what the server says of it, and a toggle. With `keys`, F8 toggles wherever the focus is. */
export function useMicrophone(keys = false) {
  const { point } = useRoomView();
  const shared = useSection("public");
  const roster = useSection(point === null ? undefined : (`point:${point}` as const));
  const { run, refusal, pending } = useCommand();
  const open = (point !== null && shared?.points[point]?.microphone_open) || false;
  const toggle = useCallback(() => run({ do: "microphone", open: !open }), [run, open]);
  useEffect(() => {
    if (!keys) return;
    const press = (event: KeyboardEvent) => {
      if (event.key !== MICROPHONE_KEY || event.repeat) return;
      event.preventDefault();
      void toggle();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [keys, toggle]);
  return { open, maySpeak: roster?.may_speak ?? false, toggle, refusal, pending };
}
