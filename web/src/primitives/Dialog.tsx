import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import css from "./Dialog.module.css";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the safe one first. */
  actions: ReactNode;
}

/**
 * A question before an act that cannot be taken back, or a short form. Escape closes it without acting; a click beside it
 * does nothing, because what is being filled in must not vanish under a slip of the hand.
 */
export function Dialog({ title, isOpen, onClose, children, actions }: Props) {
  return (
    <ModalOverlay className={css.overlay ?? ""} isOpen={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Modal className={css.modal ?? ""}>
        <AriaDialog className={css.dialog ?? ""}>
          <Heading slot="title" className={css.title ?? ""}>
            {title}
          </Heading>
          <div className={css.body}>{children}</div>
          <div className={css.actions}>{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
