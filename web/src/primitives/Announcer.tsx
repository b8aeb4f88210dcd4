import { createContext, type ReactNode, use, useCallback, useState } from "react";
import css from "./Announcer.module.css";

const AnnounceContext = createContext<(sentence: string) => void>(() => undefined);

/** Shows a sentence for a few seconds and has it read out: `const announce = useAnnounce()`. */
export const useAnnounce = () => use(AnnounceContext);

const SHOWN_MS = 6000;

interface Said {
  id: number;
  sentence: string;
}

export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<Said[]>([]);
  const announce = useCallback((sentence: string) => {
    const id = performance.now();
    setSaid((all) => [...all, { id, sentence }]);
    setTimeout(() => setSaid((all) => all.filter((one) => one.id !== id)), SHOWN_MS);
  }, []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className={css.corner} role="status" aria-live="polite">
        {said.map(({ id, sentence }) => (
          <p key={id} className={css.said}>
            {sentence}
          </p>
        ))}
      </div>
    </AnnounceContext>
  );
}
