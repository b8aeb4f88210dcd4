import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";
import css from "./Button.module.css";

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  kind?: "primary" | "secondary";
  size?: "normal" | "large";
  ref?: Ref<HTMLAnchorElement>;
}

function Anchor({ kind = "secondary", size = "normal", ...props }: Props) {
  return <a {...props} className={[css.button, css[kind], css[size]].join(" ")} />;
}

const Made = createLink(Anchor);

/** A link that looks like a button: it leads to another page. */
export const ButtonLink: LinkComponent<typeof Anchor> = (props) => <Made {...props} />;
