//! Standard Webhooks signatures, as PortOne V2 uses them: HMAC-SHA256 over `id.timestamp.body`.

use crate::channels::webhook_key;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};

/// The value of `webhook-signature`: one `v1,<mac>` for each secret, separated by spaces. `timestamp` is in seconds.
#[must_use]
pub fn signatures(secrets: &[SecretString], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signed = secrets.iter().filter_map(|secret| {
        // Secrets are checked when the channel file is read.
        let key = webhook_key(secret.expose_secret()).ok()?;
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        mac.update(id.as_bytes());
        mac.update(format!(".{timestamp}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.sign().as_ref())))
    });
    signed.collect::<Vec<_>>().join(" ")
}

/// A signed POST, as every receiver gets it; unsigned without secrets. `timestamp` is in seconds.
///
/// # Errors
/// The URL cannot be asked.
pub fn post(
    url: &str,
    content_type: &str,
    secrets: &[SecretString],
    (id, timestamp): (&str, i64),
    body: Bytes,
) -> Result<Request<Full<Bytes>>, String> {
    let signature = signatures(secrets, id, timestamp, &body);
    let mut request = Request::post(url)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::USER_AGENT, concat!("naru/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp);
    if !signature.is_empty() {
        request = request.header("webhook-signature", signature);
    }
    let request = request.body(Full::new(body));
    request.map_err(|error| format!("the request cannot be built: {error}"))
}

#[cfg(test)]
mod tests {
    use super::signatures;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn signs_the_published_example() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
        let body = br#"{"test": 2432232314}"#;
        let made = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let secrets = [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_bmFydSB0ZXN0IHNpZ25pbmcga2V5ISE=",
        ];
        let both = signatures(&secrets.map(Into::into), "a", 1, b"x");
        let [first, second] = secrets.map(|secret| signatures(&[secret.into()], "a", 1, b"x"));
        assert_eq!(both, format!("{first} {second}"));
        assert_ne!(first, second);
    }
}
