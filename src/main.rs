//! One program; `cli` has its verbs.

fn main() -> std::process::ExitCode {
    #[cfg(feature = "pdf")]
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "typeset") {
        return diemcau::documents::typeset_main();
    }
    diemcau::cli::main()
}
