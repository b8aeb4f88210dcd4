import { useEffect, useRef } from "react";
import css from "./StreamVideo.module.css";

interface Props {
  stream: MediaStream | null;
  label: string;
  className?: string | undefined;
  /** Own pictures are shown as in a mirror. */
  mirrored?: boolean;
}

/** A live picture without its sound. */
export function StreamVideo({ stream, label, className, mirrored = false }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current && video.current.srcObject !== stream) video.current.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={video}
      className={[css.picture, mirrored ? css.mirrored : "", className].join(" ")}
      aria-label={label}
      autoPlay
      playsInline
      muted
    />
  );
}
