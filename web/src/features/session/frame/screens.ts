import type { ComponentType } from "react";
import { AgencyScreen } from "../agency/AgencyScreen";
import { ObserverScreen } from "../agency/ObserverScreen";
import { CitizenScreen } from "../citizen/CitizenScreen";
import { TechnicianScreen } from "../devices/TechnicianScreen";
import { NoteTakerScreen } from "../minutes/NoteTakerScreen";
import type { ScreenKind } from "../model/screen";
import { PaperScreen } from "../point/PaperScreen";
import { PointScreen } from "../point/PointScreen";
import { StandByScreen } from "../point/StandByScreen";
import { PresiderScreen } from "../presider/PresiderScreen";

export const SCREENS: Record<ScreenKind, ComponentType> = {
  presider: PresiderScreen,
  note_taker: NoteTakerScreen,
  point_officer: PointScreen,
  agency: AgencyScreen,
  attending: AgencyScreen,
  technician: TechnicianScreen,
  observer: ObserverScreen,
  citizen: CitizenScreen,
  paper: PaperScreen,
  stand_by: StandByScreen,
};
