import type { ServerBody } from "../protocol/frame";
import type {
  DevicesSection,
  MinutesSection,
  PointSection,
  PublicSection,
  StaffSection,
  VisitSection,
} from "../protocol/section";
import { applyPatch, type Json, type Operation } from "./patch";

/** State type of a section by its name on the wire. */
export type SectionOf<Name extends string> = Name extends "public"
  ? PublicSection
  : Name extends "staff"
    ? StaffSection
    : Name extends "devices"
      ? DevicesSection
      : Name extends `visit:${string}`
        ? VisitSection
        : Name extends `minutes:${string}`
          ? MinutesSection
          : Name extends `point:${string}`
            ? PointSection
            : never;

export type SectionName =
  | "public"
  | "staff"
  | "devices"
  | `visit:${string}`
  | `minutes:${string}`
  | `point:${string}`;

interface Held {
  seq: number;
  /** `undefined`: what is held may be old; the next `hello` asks for it whole. */
  hash: string | undefined;
  state: Json;
}

type SectionFrame = Extract<ServerBody, { type: "snapshot" | "patch" | "forget" }>;

/** `gap`: the patch does not fit what is held; the whole state must be asked for again. */
export type Outcome = "applied" | "known" | "gap";

/** What the server has published to this client. Subscribers hear of each change once. */
export class Sections {
  private held = new Map<string, Held>();
  private listeners = new Set<() => void>();

  get<Name extends SectionName>(name: Name): SectionOf<Name> | undefined {
    return this.held.get(name)?.state as SectionOf<Name> | undefined;
  }

  names(): string[] {
    return [...this.held.keys()];
  }

  /** Hashes for `hello`: what need not be sent again. */
  have(): Record<string, string> {
    return Object.fromEntries([...this.held].flatMap(([name, { hash }]) => (hash === undefined ? [] : [[name, hash]])));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  take(frame: SectionFrame): Outcome {
    const before = this.held.get(frame.section);
    switch (frame.type) {
      case "snapshot":
        this.put(frame.section, { seq: frame.seq, hash: frame.hash, state: frame.state as Json });
        return "applied";
      case "forget":
        this.held.delete(frame.section);
        this.tell();
        return "applied";
      case "patch": {
        if (before?.hash === frame.hash) return "known";
        // While one leg takes over from another, the same change can come twice, the second time behind later ones.
        if (before?.hash !== undefined && frame.seq < before.seq) return "known";
        if (before === undefined || before.hash !== frame.base) return "gap";
        try {
          const state = applyPatch(before.state, frame.patch as Operation[]);
          this.put(frame.section, { seq: frame.seq, hash: frame.hash, state });
          return "applied";
        } catch {
          return "gap";
        }
      }
    }
  }

  /** The next `hello` gets the section whole. It goes on being shown: a form above it must not be torn down meanwhile. */
  distrust(name: string): void {
    const held = this.held.get(name);
    if (held) this.held.set(name, { ...held, hash: undefined });
  }

  private put(name: string, held: Held): void {
    this.held.set(name, held);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
