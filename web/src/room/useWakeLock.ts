import { useEffect } from "react";

/** Keeps the display on while a session is shown: a citizen's screen is touched by nobody for an hour. */
export function useWakeLock(): void {
  useEffect(() => {
    if (!("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let here = true;
    // The browser takes the lock back whenever the page is hidden.
    const ask = async () => {
      if (document.visibilityState !== "visible") return;
      const given = await navigator.wakeLock.request("screen").catch(() => undefined);
      if (here) lock = given;
      else void given?.release();
    };
    void ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      here = false;
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}
