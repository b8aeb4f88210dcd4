import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import css from "./Button.module.css";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style"> {
  /** `primary`: the one thing to do next on a screen. */
  kind?: "primary" | "secondary" | "quiet" | "danger";
  size?: "normal" | "large";
  /** Takes the whole width. */
  wide?: boolean;
}

export function Button({ kind = "secondary", size = "normal", wide = false, ...props }: ButtonProps) {
  return <AriaButton {...props} className={[css.button, css[kind], css[size], wide ? css.wide : ""].join(" ")} />;
}
