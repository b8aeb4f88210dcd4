import { useTranslation } from "react-i18next";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "@/primitives/Button";
import type { VisitSection } from "@/protocol/section";
import { ActButton } from "../parts/ActButton";
import css from "./ReadBack.module.css";

interface Props {
  section: VisitSection;
  /** Who reads may say that it was read. */
  canConfirm: boolean;
  onClose: () => void;
}

/** The frozen text in letters that can be read from the other side of the table. */
export function ReadBack({ section, canConfirm, onClose }: Props) {
  const { t } = useTranslation("session");
  return (
    <ModalOverlay className={css.overlay ?? ""} isOpen onOpenChange={(open) => !open && onClose()}>
      <Modal className={css.modal ?? ""}>
        <AriaDialog className={css.dialog ?? ""}>
          <header className={css.head}>
            <Heading slot="title" className={css.title ?? ""}>
              {t("read_back.title", { number: section.number })}
            </Heading>
            <div className={css.actions}>
              <Button onPress={onClose}>{t("read_back.close")}</Button>
              {canConfirm && (
                <ActButton kind="primary" command={{ do: "read_back", visit: section.visit }} onDone={onClose}>
                  {t("read_back.done")}
                </ActButton>
              )}
            </div>
          </header>
          <div className={css.text} tabIndex={0} role="document" lang="vi">
            {section.frozen_text.map(([kind, text]) => (
              <section key={kind}>
                <h3 className={css.kind}>{t(`block.${kind}`)}</h3>
                <p className={css.words}>{text === "" ? t("read_back.empty") : text}</p>
              </section>
            ))}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
