//! `diemcau check`: what would make a start fail is said before it does, by the name of its setting.

use std::net::TcpListener;
use std::process::{Command, Output};

use super::support::process::House;

fn check(house: &House, more: &str) -> Output {
    let file = house.config().with_file_name("checked.toml");
    let text = std::fs::read_to_string(house.config()).unwrap();
    // `[media]` is followed by what it has already.
    std::fs::write(&file, text.replace("[media]\n", &format!("{more}\n[media]\n"))).unwrap();
    let program = env!("CARGO_BIN_EXE_diemcau");
    Command::new(program).args(["check", "--config"]).arg(file).output().unwrap()
}

fn tls(certificate: &str, key: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let file = |name: &str| format!("{root}/tests/support/tls/{name}.pem");
    format!("[http.tls]\ncertificate = \"{}\"\nkey = \"{}\"", file(certificate), file(key))
}

#[test]
fn ports_and_certificates_are_tried() {
    let house = House::new();
    let good = check(&house, &tls("certificate", "key"));
    assert!(good.status.success(), "{good:?}");
    for (more, named) in [(tls("absent", "key"), "absent.pem"), (tls("certificate", "certificate"), "certificate.pem")]
    {
        let bad = check(&house, &more);
        let said = String::from_utf8_lossy(&bad.stderr).into_owned();
        assert!(!bad.status.success() && said.contains(named), "{said}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let house = House::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap();
    let text = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), text.replace("[media]\n", &format!("[media]\ntcp_listen = \"{port}\"\n"))).unwrap();
    let bad = check(&house, "");
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(!bad.status.success() && said.contains("media.tcp_listen"), "{said}");
    // Two settings that name one port.
    let both = format!("tcp_listen = \"{}\"", house.host);
    let text = std::fs::read_to_string(house.config()).unwrap();
    std::fs::write(house.config(), text.replace(&format!("tcp_listen = \"{port}\""), &both)).unwrap();
    let bad = check(&house, "");
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(!bad.status.success() && said.contains("media.tcp_listen"), "{said}");
}
