//! One program; `cli` has its verbs.

fn main() -> std::process::ExitCode {
    diemcau::cli::main()
}
