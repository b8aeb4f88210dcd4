import { useCallback, useEffect, useState } from "react";
import { DEFAULT_KEY, isMicrophoneKey, mayLearn } from "../model/microphone";

const STORED_AS = "diemcau.microphone_key";

export interface MicrophoneKey {
  /** The learnt foot switch, or F8. */
  code: string;
  learning: boolean;
  /** The next key pressed becomes the foot switch; pressing F8 or Escape leaves things as they are. */
  learn: () => void;
  forget: () => void;
}

/** Calls `press` for F8 and the learnt foot switch, wherever the focus is. */
export function useMicrophoneKey(press: () => void): MicrophoneKey {
  const [code, setCode] = useState(() => localStorage.getItem(STORED_AS) ?? DEFAULT_KEY);
  const [learning, setLearning] = useState(false);

  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (learning) {
        event.preventDefault();
        if (event.code === "Escape" || event.code === DEFAULT_KEY) setLearning(false);
        else if (mayLearn(event.code)) {
          localStorage.setItem(STORED_AS, event.code);
          setCode(event.code);
          setLearning(false);
        }
        return;
      }
      if (!isMicrophoneKey(event, code)) return;
      event.preventDefault();
      press();
    };
    // Captured, so that an open list or a text field cannot swallow the one key that must always work.
    addEventListener("keydown", down, true);
    return () => removeEventListener("keydown", down, true);
  }, [code, learning, press]);

  const forget = useCallback(() => {
    localStorage.removeItem(STORED_AS);
    setCode(DEFAULT_KEY);
  }, []);
  return { code, learning, learn: useCallback(() => setLearning(true), []), forget };
}
