import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Restored } from "../../app/Restored";
import { useKeptForm } from "../../app/useKeptForm";
import { post } from "../../api/http";
import { directoryQuery, queryClient } from "../../api/queries";
import { useFailure } from "../../api/useFailure";
import { localDay } from "../../i18n/time";
import { useAnnounce } from "../../primitives/Announcer";
import { Button } from "../../primitives/Button";
import { Section } from "../../primitives/Form";
import { Notice } from "../../primitives/Notice";
import css from "./CreatePage.module.css";
import { emptyDraft, missing, newVisit, toNewSession, type SessionDraft } from "./draft";
import { FunctionsFields } from "./FunctionsFields";
import { PointsFields } from "./PointsFields";
import { SessionFields } from "./SessionFields";
import { VisitFields } from "./VisitFields";

export function CreatePage() {
  const { t } = useTranslation("office");
  const failure = useFailure();
  const announce = useAnnounce();
  const navigate = useNavigate();
  const { data: directory, error: unread } = useQuery(directoryQuery);
  // Named by its shape: what an older page kept would not fit.
  const form = useKeptForm<SessionDraft>("create/persons", () => emptyDraft(localDay(Date.now())));
  const { value: draft, change } = form;
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);
  const open = missing(draft);

  const send = async () => {
    setAsked(true);
    if (open.length > 0 || !directory) return;
    setPending(true);
    setError(undefined);
    try {
      await post("/sessions", toNewSession(draft, directory.points));
      await queryClient.invalidateQueries({ queryKey: ["sessions"] });
      form.forget();
      announce(t("create.sent"));
      await navigate({ to: "/buoi-tiep/$id/chuan-bi", params: { id: draft.id } });
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  };

  if (unread) return <Notice tone="bad">{failure(unread)}</Notice>;
  if (!directory) return <p>{t("common:state.loading")}</p>;
  return (
    <div className={css.page}>
      <div>
        <h1>{t("create.title")}</h1>
        <p>{t("create.next_step")}</p>
      </div>
      <Restored form={form} />
      <SessionFields draft={draft} units={directory.units} onChange={change} />
      <PointsFields draft={draft} points={directory.points} onChange={change} />
      <FunctionsFields draft={draft} directory={directory} onChange={change} />
      <Section title={t("create.visits")}>
        {draft.visits.map((visit, index) => (
          <VisitFields
            key={visit.id}
            visit={visit}
            number={index + 1}
            draft={draft}
            points={directory.points}
            onChange={(next) => change({ visits: draft.visits.map((one) => (one.id === next.id ? next : one)) })}
            onRemove={() => change({ visits: draft.visits.filter((one) => one.id !== visit.id) })}
          />
        ))}
        <div>
          <Button onPress={() => change({ visits: [...draft.visits, newVisit(draft.components[0] ?? null)] })}>
            {t("create.add_visit")}
          </Button>
        </div>
      </Section>
      {asked && open.length > 0 && (
        <Notice tone="warn">
          <strong>{t("create.to_do")}</strong>
          <ul>
            {open.map(({ code, number }) => (
              <li key={`${code}${number ?? ""}`}>{t(`create.missing.${code}`, { number })}</li>
            ))}
          </ul>
        </Notice>
      )}
      {error !== undefined && <Notice tone="bad">{failure(error)}</Notice>}
      <div>
        <Button kind="primary" size="large" onPress={() => void send()} isPending={pending}>
          {t("create.send")}
        </Button>
      </div>
    </div>
  );
}
