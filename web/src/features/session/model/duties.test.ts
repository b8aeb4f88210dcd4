import { expect, it } from "vitest";
import { dutyKey, dutyStep } from "./duties";

it("reads duties with and without a point, and offers only what can be done in the room", () => {
  expect(dutyStep("roll_call")).toEqual({ step: "roll_call", point: null, now: true });
  expect(dutyStep("duty.seen_and_heard:p1")).toEqual({ step: "seen_and_heard", point: "p1", now: true });
  expect(dutyStep("publication")?.now).toBe(false);
  expect(dutyStep("adviser_present")).toBeNull();
  expect([dutyKey("duty.seen_and_heard:p1"), dutyKey("adviser_present")]).toEqual(["duty.seen_and_heard", "duty.adviser_present"]);
});
