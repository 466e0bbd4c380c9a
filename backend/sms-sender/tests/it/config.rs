//! The command line and its refusals.

use std::{io::Write, os::unix::fs::PermissionsExt, process::Output};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_postoffice-sms-sender"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    file
}

#[test]
fn a_good_configuration_is_said_to_be_good_and_printed_without_secrets() {
    let file = file("[gateway]\nkind = \"kannel\"\n[gateway.kannel]\npassword = \"canary\"\n", 0o600);
    let path = file.path().to_str().unwrap();
    assert!(run(&["--config", path, "--check-config"], &[]).status.success());
    let printed = run(&["--config", path, "--print-config"], &[("POSTOFFICE_SLOT", "7")]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success() && text.contains("slot = \"7\""), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn bad_configurations_end_with_78_and_point() {
    for (text, mode, expected) in [
        ("slott = \"1\"\n", 0o600, ":1:1: unknown field `slott`"),
        ("[pace]\nper_second = -1.0\n", 0o600, "pace.per_second: must be more than 0"),
        ("[gateway]\nkind = \"pigeon\"\n", 0o600, ":2:8: unknown variant `pigeon`"),
        ("[gateway]\nkind = \"kannel\"\n", 0o600, "gateway.kannel.password"),
        ("[gateway.kannel]\npassword = \"canary\"\n", 0o644, "chmod 600"),
        ("[redis]\nurl = \"redis://:canary@10.0.0.7\"\n", 0o600, "redis.url: 10.0.0.7 is another machine"),
        ("[redis]\nurl = \"cluster://:canary@127.0.0.1/1\"\n", 0o600, "redis.url: a cluster has no numbered databases"),
        ("[text]\nmax_segments = 0\n", 0o600, "text.max_segments: must be more than 0"),
    ] {
        let file = file(text, mode);
        let output = run(&["--config", file.path().to_str().unwrap(), "--check-config"], &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
