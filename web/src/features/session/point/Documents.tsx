import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { upload, UPLOAD_BYTES } from "@/api/files";
import { useFailure } from "@/api/useFailure";
import { Button } from "@/primitives/Button";
import { Field } from "@/primitives/Field";
import { Notice } from "@/primitives/Notice";
import type { VisitSection } from "@/protocol/section";
import type { VisitStatus } from "@/protocol/visit";
import type { LocalSources } from "@/room/useLocalSources";
import { StreamVideo } from "@/room/StreamVideo";
import { useOwnPicture } from "../hooks/useOwnPicture";
import { useSession } from "../hooks/roomContext";
import { stillOf } from "../hooks/still";
import { FileList } from "../parts/FileList";
import { Panel } from "../parts/Panel";
import css from "./point.module.css";

/** Once it was read back, a signed copy may be scanned, until the visit is ended. */
const SIGNED: readonly VisitStatus[] = ["read_back", "confirmed", "refused_to_sign", "classified"];

/** Papers of the visit: shown under the second camera, kept as a still picture, or uploaded as a file. */
export function Documents({ visit, sources }: { visit: VisitSection; sources?: LocalSources }) {
  const { t } = useTranslation("session");
  const failure = useFailure();
  const room = useSession();
  const paper = useOwnPicture("paper");
  const input = useRef<HTMLInputElement>(null);
  const kind = useRef<"exhibit" | "signed_scan">("exhibit");
  const choose = (wanted: "exhibit" | "signed_scan") => {
    kind.current = wanted;
    input.current?.click();
  };
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string>();

  const attach = async (file: Blob, fileName: string, kind: "exhibit" | "signed_scan") => {
    if (file.size > UPLOAD_BYTES) return setSaid(t("documents.too_large", { megabytes: UPLOAD_BYTES / 1024 / 1024 }));
    setBusy(true);
    setSaid(undefined);
    try {
      await upload({ session: room.seat.session, visit: visit.visit, kind, name: fileName, file, point: room.seat.point });
      setName("");
    } catch (error) {
      setSaid(failure(error));
    } finally {
      setBusy(false);
    }
  };
  const still = async () => {
    const track = sources?.paper;
    const picture = track ? await stillOf(track) : null;
    if (picture === null) return setSaid(t("documents.no_picture"));
    await attach(picture, `${name.trim() === "" ? t("documents.unnamed", { number: visit.files.length + 1 }) : name.trim()}.jpg`, "exhibit");
  };

  return (
    <Panel title={t("documents.title")}>
      {sources && (
        <div className={css.row}>
          {paper ? (
            <Button onPress={sources.hidePaper}>{t("documents.hide")}</Button>
          ) : (
            <Button onPress={() => void sources.showPaper()}>{t("documents.show")}</Button>
          )}
        </div>
      )}
      {paper && <StreamVideo stream={paper} label={t("documents.camera")} className={css.paperPicture} />}
      <Field label={t("documents.name")} value={name} onChange={setName} />
      <div className={css.row}>
        {paper && (
          <Button kind="primary" isPending={busy} onPress={() => void still()}>
            {t("documents.still")}
          </Button>
        )}
        <Button isPending={busy} onPress={() => choose("exhibit")}>
          {t("documents.upload")}
        </Button>
        {SIGNED.includes(visit.status) && (
          <Button isPending={busy} onPress={() => choose("signed_scan")}>
            {t("documents.upload_signed")}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          hidden
          accept="image/*,application/pdf"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) void attach(file, name.trim() === "" ? file.name : name.trim(), kind.current);
          }}
        />
      </div>
      {said !== undefined && <Notice tone="bad">{said}</Notice>}
      <FileList files={visit.files} />
    </Panel>
  );
}
