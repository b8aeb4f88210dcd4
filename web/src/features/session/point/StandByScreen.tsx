import { useTranslation } from "react-i18next";
import { ButtonLink } from "@/primitives/ButtonLink";
import { useLocalSources } from "@/room/useLocalSources";
import { Columns } from "../frame/Columns";
import { useSession } from "../hooks/roomContext";
import { Panel } from "../parts/Panel";
import { Trouble } from "../parts/Trouble";
import { Stage } from "../stage/Stage";

/** A point's own machine with nobody signed in: it shows that picture and sound come. Acts are a named officer's. */
export function StandByScreen() {
  const { t } = useTranslation("session");
  const { seat } = useSession();
  const sources = useLocalSources();
  const back = new URLSearchParams({ may: seat.device, ...(seat.point === null ? {} : { diem: seat.point }) });
  return (
    <Columns stage={<Stage />}>
      <Trouble sources={sources} />
      <Panel title={t("stand_by.title")}>
        <p>{t("stand_by.explain")}</p>
        <ButtonLink to="/dang-nhap" search={{ den: `/buoi-tiep/${seat.session}?${back.toString()}` }} kind="primary" size="large">
          {t("stand_by.sign_in")}
        </ButtonLink>
      </Panel>
    </Columns>
  );
}
