import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "@/primitives/Notice";
import { Select } from "@/primitives/Select";
import type { Command } from "@/protocol/command";
import type { IdentityCheck } from "@/protocol/people";
import type { Named } from "../model/names";
import { named, nameOf } from "../model/names";
import type { PointVisit } from "../model/point";
import { IDENTITY_CHECKS } from "../model/point";
import { at } from "../model/sections";
import { ActButton } from "../parts/ActButton";
import { Icon } from "../parts/Icon";
import css from "./point.module.css";

interface Props {
  visit: PointVisit;
  owed: readonly Named[];
  command: Command;
}

/** Each person's identity is seen by the officer beside them, and how is written down (D154 Điều 12). */
export function Identity({ visit, owed, command }: Props) {
  const { t } = useTranslation("session");
  return (
    <div className={css.identity}>
      <h3>{t("identity.title")}</h3>
      <ul className={css.list}>
        {named(visit.section?.persons).map((person) => {
          const seen = at(visit.section?.identity_seen, person.id);
          return (
            <li key={person.id} className={css.person}>
              <strong>{nameOf(t, person)}</strong>
              {seen === undefined ? (
                <See visit={visit.id} person={person.id} name={nameOf(t, person)} />
              ) : (
                <span className={css.done}>
                  <Icon name="check" /> {t(`identity.${seen}`)}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {owed.length > 0 && <Notice>{t("identity.owed", { names: owed.map((person) => nameOf(t, person)).join(", ") })}</Notice>}
      <ActButton kind="primary" size="large" wide command={command} data-testid="visit-step">
        {t("step.identify")}
      </ActButton>
    </div>
  );
}

function See({ visit, person, name }: { visit: string; person: string; name: string }) {
  const { t } = useTranslation("session");
  const [how, setHow] = useState<IdentityCheck>("document_seen");
  return (
    <span className={css.row}>
      <Select label={t("identity.how")} value={how} onChange={setHow} options={IDENTITY_CHECKS.map((value) => ({ value, label: t(`identity.${value}`) }))} />
      <ActButton command={{ do: "see_identity", visit, person, how }} aria-label={`${t("identity.seen")}: ${name}`}>
        {t("identity.seen")}
      </ActButton>
    </span>
  );
}
