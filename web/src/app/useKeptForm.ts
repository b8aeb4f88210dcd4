import { useCallback, useEffect, useRef, useState } from "react";
import { findForm, forgetForm, keepForm } from "../live/forms";
import { useMe } from "./useMe";

export interface KeptForm<T extends object> {
  value: T;
  change: (part: Partial<T>) => void;
  /** The values were left by an earlier page or an earlier look at the form. */
  restored: boolean;
  /** When the form has done its work or is thrown away: it is as new. */
  forget: () => void;
}

/**
 * A form that survives a reload, encrypted in this browser under its account. `name` says which form of what it is; `fresh`
 * is a form in which nothing was filled in. A browser without storage keeps it in the page alone.
 */
export function useKeptForm<T extends object>(name: string, fresh: () => T): KeptForm<T> {
  const id = `${useMe().user?.id ?? ""}/${name}`;
  const make = useRef(fresh);
  make.current = fresh;
  const [value, setValue] = useState(fresh);
  const [restored, setRestored] = useState(false);
  const latest = useRef(value);
  const touched = useRef(false);
  const storage = useRef<Promise<unknown>>(Promise.resolve());

  const become = useCallback((next: T) => {
    latest.current = next;
    setValue(next);
  }, []);
  // One after the other: a late keep must not bring back what was forgotten.
  const store = useCallback((act: () => Promise<void>) => {
    storage.current = storage.current.then(act).catch(() => undefined);
  }, []);

  useEffect(() => {
    let gone = false;
    findForm<T>(id)
      .then((kept) => {
        if (gone || kept === undefined || touched.current) return;
        become({ ...make.current(), ...kept });
        setRestored(true);
      })
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [id, become]);

  const change = useCallback(
    (part: Partial<T>) => {
      touched.current = true;
      const next = { ...latest.current, ...part };
      become(next);
      store(() => keepForm(id, next));
    },
    [id, become, store],
  );
  const forget = useCallback(() => {
    touched.current = true;
    become(make.current());
    setRestored(false);
    store(() => forgetForm(id));
  }, [id, become, store]);
  return { value, change, restored, forget };
}
