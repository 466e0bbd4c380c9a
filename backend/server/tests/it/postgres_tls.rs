//! PostgreSQL on another machine: TLS with an authority of the company's own, and nothing else.

use std::{path::Path, process::Command as Program};

use postoffice_runtime::testing::{TestDatabase, TestPostgres};
use tokio::{process::Command, time::timeout};

use crate::{desk::PATIENCE, office::Office, orders::register};

/// Makes two authorities, `ca.pem` and `other.pem`, and a certificate of the first for `localhost`.
fn make_certificates(folder: &Path) {
    let tell = |program: &str, line: &str| {
        let made = Program::new(program).args(line.split(' ')).current_dir(folder).output().unwrap();
        assert!(made.status.success(), "{program} {line}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost").unwrap();
    for authority in ["ca", "other"] {
        let line =
            format!("req -x509 {key} -keyout {authority}.key -out {authority}.pem -days 2 -subj /CN={authority}");
        tell("openssl", &line);
    }
    tell("openssl", &format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"));
    tell(
        "openssl",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    );
    tell("chmod", "600 server.key");
    // As root the cluster runs as `postgres`, and takes a key only from itself.
    tell("chmod", "711 .");
    if tell_output("id", "-u") == "0" {
        tell("chown", "postgres server.key server.pem");
    }
}

fn tell_output(program: &str, argument: &str) -> String {
    let output = Program::new(program).arg(argument).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The addresses of a database as another machine names them.
fn from_afar(database: &TestDatabase, host: &str, authority: &Path) -> [String; 2] {
    let end = format!("?sslmode=verify-full&sslrootcert={}", authority.display());
    [&database.url, &database.owner_url].map(|url| url.replace("@127.0.0.1:", &format!("@{host}:")) + &end)
}

/// What the server says about addresses that it cannot use.
async fn refusal(folder: &Path, [url, owner_url]: [String; 2]) -> String {
    let serve = Command::new(env!("CARGO_BIN_EXE_postoffice-server"))
        .args(["serve", "--data"])
        .arg(folder)
        .env("POSTOFFICE_LISTEN", "127.0.0.1:0")
        .env("POSTOFFICE_ADMIN_LISTEN", "127.0.0.1:0")
        .env("POSTOFFICE_DATABASE__URL", url)
        .env("POSTOFFICE_DATABASE__OWNER_URL", owner_url)
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, serve).await.expect("it says no instead of waiting").unwrap();
    assert!(!output.status.success());
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn tls_with_an_authority_of_ones_own_is_checked_and_used() {
    let certificates = tempfile::tempdir().unwrap();
    make_certificates(certificates.path());
    let mut postgres = TestPostgres::start();
    let file = |name: &str| certificates.path().join(name);
    for (setting, value) in
        [("ssl_cert_file", file("server.pem")), ("ssl_key_file", file("server.key")), ("ssl", "on".into())]
    {
        postgres.tell("postgres", &format!("ALTER SYSTEM SET {setting} = '{}'", value.display()));
    }
    // A reload would come some time later.
    postgres.stop_at_once();
    postgres.start_again();
    let database = postgres.database();

    let rows = [
        // Another authority; a name that the certificate does not have.
        (from_afar(&database, "localhost", &file("other.pem")), "UnknownIssuer"),
        (from_afar(&database, "127.0.0.1", &file("ca.pem")), "not valid for name"),
    ];
    for (addresses, words) in rows {
        let folder = tempfile::tempdir().unwrap();
        let said = refusal(folder.path(), addresses).await;
        assert!(said.contains(words), "{words}: {said}");
    }

    let [url, owner_url] = from_afar(&database, "localhost", &file("ca.pem"));
    let office = Office::set_up_with(|config| {
        (config.database.url, config.database.owner_url) = (Some(url), Some(owner_url));
    })
    .await;
    let mut desk = office.signed_in().await;
    register(&mut desk, "Кераміка").await;
    // Refused unless the server is connected, and with TLS only.
    postgres.tell(
        "postgres",
        "DO $$ BEGIN IF (SELECT bool_and(ssl) IS NOT TRUE FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE usename = 'office_app') THEN RAISE 'a connection without TLS, or none'; END IF; END $$",
    );
    office.stop().await;
}
