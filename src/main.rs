//! The one program; `cli` has its verbs.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything is started: the typesetter is this program again, with little memory and a short life.
    #[cfg(feature = "pdf")]
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "typeset") {
        return diemcau::documents::typeset_main();
    }
    diemcau::cli::main()
}
