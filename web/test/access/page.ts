// Runs in the page: each function stands alone, takes and gives plain values.

/** What a keyboard stands on after a press of Tab. */
export interface Stop {
  id: number;
  what: string;
  /** Says that it has the focus: an outline, or a colour of its own where a date is typed. */
  shown: boolean;
  /** Covered by something else or out of sight. */
  hidden: boolean;
}

export function stop(): Stop | null {
  const at = document.activeElement as (HTMLElement & { stopId?: number }) | null;
  if (!at || at === document.body) return null;
  const counter = globalThis as { stops?: number };
  counter.stops = (counter.stops ?? 0) + (at.stopId === undefined ? 1 : 0);
  at.stopId ??= counter.stops;
  // The box of a choice is drawn; its input is there for the browser alone.
  const seen = (at instanceof HTMLInputElement && (at.type === "checkbox" || at.type === "radio") ? at.closest("label") : at) ?? at;
  const style = getComputedStyle(seen);
  const outlined = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
  const filled = at.role === "spinbutton" && style.backgroundColor !== "rgba(0, 0, 0, 0)";
  const box = seen.getBoundingClientRect();
  const [x, y] = [Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 2), Math.min(Math.max(box.y + Math.min(box.height / 2, 20), 1), innerHeight - 2)];
  const top = document.elementFromPoint(x, y);
  const inside = top !== null && (seen.contains(top) || top.contains(seen));
  const inWindow = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const what = `${at.role ?? at.tagName.toLowerCase()} "${(at.getAttribute("aria-label") ?? seen.innerText ?? "").slice(0, 50)}"`;
  return { id: at.stopId ?? 0, what, shown: outlined || filled, hidden: !inWindow || !inside };
}

/** Everything that can be used and was never stood on. One of a group of choices or tabs stands for all of it. */
export function neverStoodOn(): string[] {
  const usable = "a[href], button, input, textarea, select, [tabindex='0']";
  const groups = new Set<string>();
  const missed: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement & { stopId?: number }>(usable)) {
    if (element.closest("[inert], [aria-hidden=true]") || element.matches(":disabled, [tabindex='-1'], [type=hidden], [type=file]")) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const group = element.closest("[role=radiogroup], [role=tablist]");
    if (group) {
      const one = [...group.querySelectorAll<HTMLElement & { stopId?: number }>(usable)].some((other) => other.stopId !== undefined);
      const name = group.getAttribute("aria-label") ?? group.textContent ?? "";
      if (!one && !groups.has(name)) missed.push(`group "${name.slice(0, 50)}"`);
      groups.add(name);
    } else if (element.stopId === undefined) {
      missed.push(`${element.tagName.toLowerCase()} "${(element.getAttribute("aria-label") ?? element.innerText).slice(0, 50)}"`);
    }
  }
  return missed;
}

/** What a finger must hit and is smaller than 44 by 44. A link within a sentence and parts of a date are left out. */
export function smallTargets(): string[] {
  const small: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("a[href], button, input, textarea, [role=tab]")) {
    if (element.closest("[inert], [aria-hidden=true]") || element.matches("[type=hidden], [type=file], [tabindex='-1']")) continue;
    const choice = element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio");
    const target = (choice ? element.closest("label") : element) ?? element;
    if (!target.checkVisibility({ visibilityProperty: true })) continue;
    const { width, height, right } = target.getBoundingClientRect();
    // A link that jumps over the head of the page shows itself only with the focus.
    if (right <= 0) continue;
    if (width < 44 || height < 44) small.push(`${target.tagName.toLowerCase()} "${(target.getAttribute("aria-label") ?? target.innerText).slice(0, 40)}" ${Math.round(width)}×${Math.round(height)}`);
  }
  return small;
}

/** Text that is cut by a box that does not scroll, or stands outside the window; and how much wider the page is than it. */
export function cutText(): string[] {
  const found: string[] = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`the page is ${wide} px too wide`);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const parent = node.parentElement;
    if (!node.nodeValue?.trim() || !parent?.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (parent.closest("[inert], option, script, style")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    if (text.width === 0) continue;
    for (let box: HTMLElement | null = parent; box; box = box.parentElement) {
      const style = getComputedStyle(box);
      // Said to screen readers, not shown.
      if (style.clipPath !== "none" && box.clientWidth <= 1) break;
      const { left, right, top, bottom } = box.getBoundingClientRect();
      const sideways = /hidden|clip/.test(style.overflowX) && (text.left < left - 2 || text.right > right + 2);
      const downwards = /hidden|clip/.test(style.overflowY) && (text.top < top - 2 || text.bottom > bottom + 2);
      if (sideways || downwards) {
        found.push(`"${node.nodeValue.trim().slice(0, 50)}" is cut by ${box.tagName.toLowerCase()}.${box.className}`);
        break;
      }
      // Whoever scrolls there finds it.
      if (/auto|scroll/.test(style.overflowX) && /auto|scroll/.test(style.overflowY)) break;
      if (style.position === "fixed") break;
      if (box === document.body && (text.left < -2 || text.right > innerWidth + 2) && text.right > 0) {
        found.push(`"${node.nodeValue.trim().slice(0, 50)}" stands outside the window`);
      }
    }
  }
  return found;
}

/** All words of the page: what is seen and what is said. */
export function allWords(): string[] {
  const said = [...document.querySelectorAll<HTMLElement>("[aria-label], [title], [alt], [placeholder]")].flatMap((element) =>
    ["aria-label", "title", "alt", "placeholder"].flatMap((name) => element.getAttribute(name) ?? []),
  );
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const shown: string[] = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    // What is in its own language on purpose says so.
    if (!node.parentElement?.closest("[lang=vi], script, style")) shown.push(node.nodeValue ?? "");
  }
  return [document.title, ...said, ...shown].map((text) => text.trim()).filter((text) => text !== "");
}
