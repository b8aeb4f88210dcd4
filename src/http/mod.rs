//! HTTP: the routes, what stands before them, and the listener.

pub mod assets;
mod begun;
pub mod body;
pub mod caller;
pub mod context;
pub mod cookie;
pub(crate) mod first;
pub mod foreign;
pub mod gate;
pub mod guard;
mod handlers;
pub mod headers;
pub mod listener;
pub mod peer;
mod problem;
pub mod recordings;
pub mod rooms;
pub mod routes;
pub mod tls;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;

use context::App;
use routes::ROUTES;

/// The whole interface. No handler is reached but through the gate of its route.
pub fn router(app: App) -> Router {
    let routes = ROUTES.iter().fold(Router::new(), |router, route| {
        let gate = from_fn_with_state((app.clone(), route), gate::route);
        let served = (route.serve)().layer(DefaultBodyLimit::max(route.body)).layer(gate);
        router.route(route.path, served)
    });
    routes
        .fallback(assets::serve)
        .method_not_allowed_fallback(|| async { crate::error::AppError::MethodNotAllowed })
        .layer(from_fn_with_state(app.clone(), gate::every_request))
        .with_state(app)
}
