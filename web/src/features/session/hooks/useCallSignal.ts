import { useEffect, useRef } from "react";
import { loadChoice } from "@/media/devices";
import { playCall } from "@/media/tones";
import { isCalled, isHeardHere } from "../model/called";
import type { Room } from "../model/sections";

/** Two tones on the chosen loudspeaker when the citizen of this point is called. */
export function useCallSignal(room: Room): void {
  const before = useRef<boolean>(undefined);
  useEffect(() => {
    // A browser that does not let the page sound yet keeps the words: they say the same.
    if (isCalled(before.current, room)) playCall(loadChoice().speaker).catch(() => undefined);
    before.current = isHeardHere(room) ?? before.current;
  }, [room]);
}
