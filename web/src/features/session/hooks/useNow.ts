import { useEffect, useState } from "react";
import { useRoom } from "@/room/context";

/** The server's time in milliseconds, renewed every `every` milliseconds while `running`. */
export function useNow(every = 1000, running = true): number {
  const room = useRoom();
  const [now, setNow] = useState(() => room.serverNowMs());
  useEffect(() => {
    if (!running) return;
    setNow(room.serverNowMs());
    const timer = setInterval(() => setNow(room.serverNowMs()), every);
    return () => clearInterval(timer);
  }, [room, every, running]);
  return now;
}
