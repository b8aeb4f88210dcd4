// A province, its lines, a browser and the people of the day: set up, cleared away, and proven at the end.
import { check, launch } from "./lib.mjs";
import { Day } from "./people.mjs";
import { province } from "./province.mjs";
import { Line } from "./relay.mjs";

/**
 * Plays one script. `lines` names the logins whose pages reach the server through a line that can be cut, `captures`
 * sizes of pictures by login, `devices` switches of the browser's camera and microphone, `seed` the fate of packets on its lines; `prepare` gets the province before it first serves. The act may give texts of QR codes
 * of papers, which `diemcau verify` then holds against the record. Errors of the pages fail it, but for those a browser
 * itself reports when the server is away (`expects`).
 */
export async function scene({ lines: logins = [], captures = {}, devices, seed, prepare, expects }, act) {
  const demo = await province({ prepare });
  const hostOf = (login) => new URL(demo.links.find((link) => link.role === login).link).hostname;
  const laid = await Promise.all(logins.map(async (login) => [login, await Line.to(demo.port, { seed })]));
  const lines = Object.fromEntries(laid);
  const browser = await launch({ devices, lines: Object.fromEntries(laid.map(([login, line]) => [hostOf(login), line])) });
  let day;
  let papers;
  try {
    day = await Day.begin(browser, demo, { lines, captures });
    papers = await act({ demo, browser, day, lines });
    check("the pages had no errors", day.problems().every((problem) => expects?.test(problem)));
  } catch (error) {
    for (const problem of day?.problems() ?? []) console.error(problem);
    if (process.env.DAY_PICTURES) await day?.picture(process.env.DAY_PICTURES);
    throw error;
  } finally {
    await browser.close();
    await demo.close();
    for (const [, line] of laid) line.close();
  }
  check("every chain verifies", (await demo.verify(papers)) === 0);
  return demo;
}
