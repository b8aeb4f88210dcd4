import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "@/api/queries";
import { RoomAudio } from "@/room/RoomAudio";
import { useRoomView } from "@/room/context";
import { SessionContext } from "../hooks/roomContext";
import { useCallSignal } from "../hooks/useCallSignal";
import { useSessionRoom } from "../hooks/useSessionRoom";
import type { ScreenKind } from "../model/screen";
import { functionsOf, screensFor } from "../model/screen";
import { Ended } from "./Ended";
import css from "./frame.module.css";
import { Lines } from "./Lines";
import { SCREENS } from "./screens";
import { SecondMain } from "./SecondMain";
import { TopBar } from "./TopBar";

/** Everything around an in-session screen: who I am in it, the state of session, recorder and wire. */
export function SessionFrame({ user, kiosk }: { user: string | null; kiosk: boolean }) {
  const { t } = useTranslation("session");
  const room = useSessionRoom(user);
  const view = useRoomView();
  useCallSignal(room);
  const [picked, setPicked] = useState<ScreenKind>();
  // The agenda, where functions are listed, is not for everybody: observers and interpreters ask for their own.
  const told = functionsOf(room);
  const byFunction = room.seat.device === "main" || room.seat.device === "companion";
  const asked = useQuery({ ...sessionQuery(room.seat.session), enabled: byFunction && told === undefined && user !== null });
  const asks = told === undefined && asked.isLoading;
  const functions = told ?? asked.data?.functions;
  const screens = useMemo(
    () => screensFor(room.seat.device, functions ?? [], room.seat.point === null ? null : kiosk ? "kiosk" : "point"),
    [room.seat.device, room.seat.point, functions, kiosk],
  );
  const screen = picked !== undefined && screens.includes(picked) ? picked : (screens[0] ?? "observer");
  if (view.status === "ended") return <Ended code={view.end?.code ?? 0} />;
  const Screen = SCREENS[screen];
  return (
    <SessionContext value={room}>
      <div className={css.frame} data-screen={screen}>
        <TopBar screens={screens} screen={screen} onPick={setPicked} />
        <Lines status={view.status} screen={screen} />
        <SecondMain />
        <main className={css.body} aria-label={t(`screen.${screen}`)}>
          {room.public && !asks ? <Screen /> : <p className={css.loading}>{t("waiting.loading")}</p>}
        </main>
        <RoomAudio />
      </div>
    </SessionContext>
  );
}
