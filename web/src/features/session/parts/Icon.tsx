const PATHS = {
  dot: "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
  circle: "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm0 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  stop: "M6 6h12v12H6z",
  warning: "M12 3 22 20H2zM11 9v5h2V9zm0 6.5v2h2v-2z",
  link: "M3 12a4 4 0 0 1 4-4h3v2H7a2 2 0 0 0 0 4h3v2H7a4 4 0 0 1-4-4zm11-4h3a4 4 0 0 1 0 8h-3v-2h3a2 2 0 0 0 0-4h-3zM9 11h6v2H9z",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm-1 2v6l4.5 2.6 1-1.7L13 12V7z",
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zm-6 8a6 6 0 0 0 5 5.9V20H8v2h8v-2h-3v-3.1A6 6 0 0 0 18 11h-2a4 4 0 0 1-8 0z",
  muted: "M4 3 3 4.4 9 11v.1a3 3 0 0 0 4.2 2.7l1.5 1.6A4 4 0 0 1 8 11H6a6 6 0 0 0 5 5.9V20H8v2h8v-2h-3v-3.1a6 6 0 0 0 3.1-1.4L20 20l1.4-1.4zM12 3a3 3 0 0 0-2.9 2.3L15 11.4V6a3 3 0 0 0-3-3zm4 8-.1 1.4 1.7 1.7c.3-.9.4-2 .4-3.1z",
  hand: "M11 2a1.5 1.5 0 0 0-1.5 1.5V11h-1V5A1.5 1.5 0 0 0 5.5 5v8.6L4 12.3a1.5 1.5 0 0 0-2 2.2l5.2 5.4A7 7 0 0 0 19.5 15V6.5a1.5 1.5 0 0 0-3 0V11h-1V4a1.5 1.5 0 0 0-3 0v7h-1V3.5A1.5 1.5 0 0 0 11 2z",
  speech: "M4 4h16v12H9l-5 4zM7 8v2h10V8zm0 4v2h7v-2z",
  check: "m5 12.5 1.6-1.6 3.4 3.4 7.4-7.4L19 8.5l-9 9z",
  paper: "M6 2h9l4 4v16H6zm2 2v16h9V8h-4V4zm2 7h5v2h-5zm0 4h5v2h-5z",
  eye: "M12 5c5 0 9 4.5 10 7-1 2.5-5 7-10 7S3 14.5 2 12c1-2.5 5-7 10-7zm0 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  up: "M12 5l8 8-1.5 1.5L13 9v11h-2V9l-5.5 5.5L4 13z",
  down: "M12 19l-8-8 1.5-1.5L11 15V4h2v11l5.5-5.5L20 11z",
  person: "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM3.5 21a8.5 7.5 0 0 1 17 0z",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside a word or in a button with a name: screen readers pass over it. */
export function Icon({ name, size = "1.15em" }: { name: IconName; size?: string }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} fill="currentColor" fillRule="evenodd" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
