import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { PageFailure } from "./ErrorBoundary";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";
import { SignedIn } from "./SignedIn";

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: PageFailure });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/dang-nhap",
  validateSearch: (search): { den?: string } => {
    const to = search["den"];
    // Only a path of this site: anything else would send a signed-in officer away.
    return typeof to === "string" && /^\/(?![/\\])/.test(to) ? { den: to } : {};
  },
  component: lazyRouteComponent(() => import("../features/signin/SignInPage"), "SignInPage"),
});

const signInLink = createRoute({
  getParentRoute: () => root,
  path: "/dang-nhap/lien-ket",
  component: lazyRouteComponent(() => import("../features/signin/LinkPage"), "LinkPage"),
});

const pair = createRoute({
  getParentRoute: () => root,
  path: "/dang-nhap/ghep-may",
  component: lazyRouteComponent(() => import("../features/signin/PairPage"), "PairPage"),
});

const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: SignedIn });

/** In-session screens have the window for themselves. */
const session = createRoute({
  getParentRoute: () => signedIn,
  path: "/buoi-tiep/$id",
  validateSearch: (search): { diem?: string; may?: string } => ({
    ...(typeof search["diem"] === "string" ? { diem: search["diem"] } : {}),
    ...(typeof search["may"] === "string" ? { may: search["may"] } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/session/SessionScreen"), "SessionScreen"),
});

const shell = createRoute({ getParentRoute: () => signedIn, id: "shell", component: Shell });

const today = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("../features/today/TodayPage"), "TodayPage"),
});

const create = createRoute({
  getParentRoute: () => shell,
  path: "/buoi-tiep/moi",
  component: lazyRouteComponent(() => import("../features/create/CreatePage"), "CreatePage"),
});

const prepare = createRoute({
  getParentRoute: () => shell,
  path: "/buoi-tiep/$id/chuan-bi",
  component: lazyRouteComponent(() => import("../features/prepare/PreparePage"), "PreparePage"),
});

const record = createRoute({
  getParentRoute: () => shell,
  path: "/buoi-tiep/$id/ho-so",
  component: lazyRouteComponent(() => import("../features/record/RecordPage"), "RecordPage"),
});

const check = createRoute({
  getParentRoute: () => shell,
  path: "/kiem-tra-thiet-bi",
  validateSearch: (search): { buoi?: string; diem?: string } => ({
    ...(typeof search["buoi"] === "string" ? { buoi: search["buoi"] } : {}),
    ...(typeof search["diem"] === "string" ? { diem: search["diem"] } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/check/CheckPage"), "CheckPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signInLink,
    pair,
    signedIn.addChildren([session, shell.addChildren([today, create, prepare, record, check])]),
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
