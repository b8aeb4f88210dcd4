import { createContext, use } from "react";
import type { Room } from "../model/sections";

export const SessionContext = createContext<Room | undefined>(undefined);

/** The session of this screen; below `SessionScreen` it is always there. */
export function useSession(): Room {
  const room = use(SessionContext);
  if (!room) throw new Error("used outside a session screen");
  return room;
}
