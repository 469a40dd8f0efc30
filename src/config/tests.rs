#![allow(clippy::unwrap_used)]
use super::*;
use secrecy::ExposeSecret;

const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";

fn env(name: &str) -> Option<String> {
    match name {
        "NARU_SEALING_KEY" => Some(KEY.to_owned()),
        "NARU_ADMIN_TOKEN" => Some("an-admin-token-of-the-tests".to_owned()),
        _ => None,
    }
}

fn problems(text: &str, env: Env<'_>) -> Vec<String> {
    let read = read::read("naru.toml", text, Path::new("/etc/naru"), env);
    read.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn two_variables_are_enough() {
    let config = Config::from_environment(&env).unwrap();
    assert_eq!(config.public.address.to_string(), "127.0.0.1:8080");
    assert_eq!(config.v1.address.to_string(), "127.0.0.1:8081");
    assert_eq!(config.operations.address.to_string(), "127.0.0.1:9090");
    assert_eq!(config.ledger, Path::new("data/ledger.db"));
    assert_eq!(config.answer_within, Duration::from_secs(55));
    assert_eq!(*config.sealing_key, [1; 32]);
}

#[test]
fn reads_every_key_and_the_environment_wins() {
    let text = r#"
        node = "n1"
        public_url = "https://pay.example.com/"
        data = "/var/lib/naru"
        channels = "ch"
        answer_within_ms = 1_000
        trusted_proxies = ["10.0.0.0/8", "::1"]
        [listen.public]
        address = "0.0.0.0:443"
        tls = { cert = "c.pem", key = "/k.pem" }
        [limits]
        body_bytes_max = 65536
        drain_ms = 5
        [retention]
        webhooks_days = 30
        dead_days = 0
        [log]
        format = "text"
        filter = "debug"
    "#;
    let outside = |name: &str| match name {
        "NARU_LISTEN_PUBLIC" => Some("127.0.0.1:0".to_owned()),
        "NARU_CHANNELS" => Some("here".to_owned()),
        "NARU_ANSWER_WITHIN_MS" => Some("7".to_owned()),
        other => env(other),
    };
    let config = read::read("naru.toml", text, Path::new("/etc/naru"), &outside).unwrap();
    assert_eq!(config.public.address.port(), 0);
    let tls = config.public.tls.unwrap();
    assert_eq!((tls.cert, tls.key), ("/etc/naru/c.pem".into(), "/k.pem".into()));
    assert_eq!(config.public_url.unwrap(), "https://pay.example.com");
    assert_eq!(config.channels, Path::new("here"));
    assert_eq!(config.ledger, Path::new("/var/lib/naru/ledger.db"));
    assert_eq!(config.answer_within, Duration::from_millis(7));
    assert_eq!(config.limits.body_bytes_max, 65536);
    assert_eq!(config.limits.drain, Duration::from_millis(5));
    let kept = config.retention;
    assert_eq!((kept.webhooks_days, kept.notices_days, kept.dead_days), (30, 180, 0));
    assert_eq!(config.log_format, LogFormat::Text);
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn reports_all_problems_at_once_with_their_places() {
    let text = "nod = 1\nanswer_within_ms = 0\ntrusted_proxies = [\"10.0.0.0/33\", 5]\n\
                [listen.public]\nadress = \"x\"\ntls = { cert = \"c\" }\n[listen.v1]\naddress = \"here\"\n\
                [keys]\nadmin_token = \"hunter2hunter2hunter2\"\n[log]\nformat = \"xml\"\n";
    let found = problems(text, &env);
    let expected = [
        "naru.toml:1:1: unknown key `nod`; did you mean `node`?",
        "naru.toml:2:20: answer_within_ms: must be between 1 and 600000",
        "naru.toml:3:20: trusted_proxies: `10.0.0.0/33` is not an address or a CIDR range such as 10.0.0.0/8",
        "naru.toml:3:35: trusted_proxies: expected a string, found integer",
        "naru.toml:5:1: unknown key `listen.public.adress`; did you mean `address`?",
        "naru.toml:6:7: listen.public.tls: needs both `cert` and `key` (PEM files)",
        "naru.toml:8:11: listen.v1.address: must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080",
        "naru.toml:10:15: keys.admin_token: must be a reference, `env:NAME` or `file:PATH`, not the secret itself",
        "naru.toml:12:10: log.format: must be \"json\" or \"text\"",
    ];
    assert_eq!(found, expected);
}

#[test]
fn missing_secrets_say_where_to_put_them_and_never_show_values() {
    let found = problems("", &|_| None);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("NARU_SEALING_KEY") && found[0].contains("keys.sealing"));
    let weak = |name: &str| match name {
        "NARU_ADMIN_TOKEN" => Some("hunter2".to_owned()),
        "NARU_SEALING_KEY" => Some("short-key".to_owned()),
        _ => None,
    };
    let found = problems("", &weak).join("\n");
    assert!(found.contains("at least 16") && found.contains("32 bytes"), "{found}");
    assert!(!found.contains("hunter2") && !found.contains("short-key"), "{found}");
    let shown = format!("{:?}", Config::from_environment(&env).unwrap());
    assert!(!shown.contains("an-admin-token") && !shown.contains(KEY), "{shown}");
}

#[test]
fn broken_toml_is_placed() {
    let found = problems("node = \"a\nx = 1\n", &env);
    assert!(found[0].starts_with("naru.toml:1:"), "{found:?}");
}

#[test]
fn public_url_is_an_origin() {
    for wrong in [
        "pay.example.com",
        "https://a/b",
        "https://a?x",
        "ftp://a",
        "https://u@a",
        "https://",
    ] {
        let found = problems(&format!("public_url = \"{wrong}\""), &env);
        assert!(found[0].contains("public_url: must be an origin"), "{wrong}: {found:?}");
    }
}

#[test]
fn columns_count_characters() {
    assert_eq!(Problem::at("f", "가나 x", 7, "m").to_string(), "f:1:4: m");
    assert_eq!(Problem::at("f", "a\n\nb", 3, "m").to_string(), "f:3:1: m");
}

#[test]
fn a_client_address_is_believed_only_from_our_proxies() {
    let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
    let ip = |s: &str| s.parse::<std::net::IpAddr>().unwrap();
    let seen = |peer, header| client_ip(ip(peer), header, &trusted).to_string();
    assert_eq!(seen("1.2.3.4", Some("9.9.9.9")), "1.2.3.4");
    assert_eq!(seen("10.1.1.1", Some("6.6.6.6, 9.9.9.9")), "9.9.9.9");
    assert_eq!(seen("10.1.1.1", Some("6.6.6.6, 9.9.9.9, 10.2.2.2")), "9.9.9.9");
    assert_eq!(seen("::ffff:10.1.1.1", Some("9.9.9.9")), "9.9.9.9");
    assert_eq!(seen("10.1.1.1", Some("9.9.9.9, junk")), "10.1.1.1");
    assert_eq!(seen("10.1.1.1", None), "10.1.1.1");
    let any: Network = "0.0.0.0/0".parse().unwrap();
    assert!(any.contains(ip("8.8.8.8")) && !any.contains(ip("::1")));
}

#[test]
fn a_key_file_is_made_once_and_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sealing.key");
    let first = sealing_key_file(&path).unwrap();
    assert_eq!(sealing_key_file(&path).unwrap(), first);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&path, "junk").unwrap();
    assert!(sealing_key_file(&path).unwrap_err().contains("32 bytes"));
}

#[test]
fn secrets_come_from_files_without_their_line_break() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "s3cret\n").unwrap();
    let found = secret::resolve("file:token", dir.path(), &|_| None).unwrap();
    assert_eq!(found.expose_secret(), "s3cret");
    assert!(
        secret::resolve("file:absent", dir.path(), &|_| None)
            .unwrap_err()
            .contains("absent")
    );
}
