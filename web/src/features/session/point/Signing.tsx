import { useState } from "react";
import { useTranslation } from "react-i18next";
import { minutesPdf } from "@/api/paths";
import { Button } from "@/primitives/Button";
import { Select } from "@/primitives/Select";
import type { VisitSection } from "@/protocol/section";
import type { Confirmation } from "@/protocol/visit";
import { useSession } from "../hooks/roomContext";
import { ReadBack } from "../minutes/ReadBack";
import { signatures } from "../model/minutes";
import { nameOf } from "../model/names";
import { CONFIRMATIONS, owesSignature } from "../model/point";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import { ReasonDialog } from "../parts/ReasonDialog";
import css from "./point.module.css";

/** The text is shown large, then each person signs, gives a fingerprint or says why not. */
export function Signing({ visit }: { visit: VisitSection }) {
  const { t } = useTranslation("session");
  const { seat } = useSession();
  const [reading, setReading] = useState(false);
  const owed = owesSignature(visit);
  return (
    <div className={css.identity}>
      <h3>{t("signing.title")}</h3>
      <Button kind="primary" wide onPress={() => setReading(true)}>
        <Icon name="eye" /> {t("signing.show")}
      </Button>
      <a className={css.print} href={minutesPdf(seat.session, visit.visit)} target="_blank" rel="noreferrer">
        {t("signing.print")}
      </a>
      <ul className={css.list}>
        {signatures(visit).map((row) => (
          <li key={row.id} className={css.person}>
            <strong>{nameOf(t, row.person)}</strong>
            {owed.includes(row.id) ? (
              <Sign visit={visit.visit} person={row.id} name={nameOf(t, row.person)} />
            ) : (
              <span className={css.done}>
                <Icon name={row.state === "confirmed" ? "check" : "stop"} />
                {row.state === "confirmed" ? t(`confirmation.${row.detail}`) : t("paper.refused", { reason: row.detail })}
              </span>
            )}
          </li>
        ))}
      </ul>
      {reading && <ReadBack section={visit} canConfirm={false} onClose={() => setReading(false)} />}
    </div>
  );
}

function Sign({ visit, person, name }: { visit: string; person: string; name: string }) {
  const { t } = useTranslation("session");
  const [how, setHow] = useState<Confirmation>("signature");
  const [refusing, setRefusing] = useState(false);
  return (
    <span className={css.row}>
      <Select label={t("signing.how")} value={how} onChange={setHow} options={CONFIRMATIONS.map((value) => ({ value, label: t(`confirmation.${value}`) }))} />
      <ActButton kind="primary" command={{ do: "confirm_text", visit, person, how }} aria-label={`${t("signing.confirm")}: ${name}`}>
        {t("signing.confirm")}
      </ActButton>
      <Button onPress={() => setRefusing(true)} aria-label={`${t("signing.refuse")} ${name}`}>{t("signing.refuse")}</Button>
      <ReasonDialog
        name={`refuse_signature/${visit}/${person}`}
        title={t("signing.refuse_title", { name })}
        label={t("signing.refuse_reason")}
        confirm={t("signing.refuse")}
        isOpen={refusing}
        onClose={() => setRefusing(false)}
        command={(reason) => ({ do: "refuse_signature", visit, person, reason })}
      />
    </span>
  );
}
