//! Where a call goes, and whether its channel may go there.

use crate::adapters::{ChannelRevision, Mode, Transport};
use http::Uri;

/// How a target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
    Tcp,
}

/// Scheme, host and port of a URL, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) scheme: Scheme,
    /// Without the brackets of an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: u16,
}

impl<'a> Target<'a> {
    /// Reads a URL; `None` if it has no host, names a user, or has a scheme we do not speak.
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        let authority = uri.authority()?;
        // `https://known-host@elsewhere/` looks like the known host to a careless reader.
        if authority.as_str().contains('@') {
            return None;
        }
        let (scheme, port) = match uri.scheme_str()? {
            "https" => (Scheme::Https, Some(443)),
            "http" => (Scheme::Http, Some(80)),
            "tcp" => (Scheme::Tcp, None),
            _ => return None,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then_some(())?;
        Some(Self {
            scheme,
            host,
            port: authority.port_u16().or(port)?,
        })
    }

    /// Whether `other` names the same place.
    pub(super) fn is(&self, other: &Target<'_>) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host.eq_ignore_ascii_case(other.host)
    }

    /// Whether a channel may call this. Live channels reach only the PG's own hosts, and never in clear text unless
    /// the PG's protocol is a raw socket; test channels reach whatever they override as well.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn permitted(&self, channel: &ChannelRevision, transport: &Transport) -> Result<(), &'static str> {
        let http = matches!(transport, Transport::Http);
        if http == (self.scheme == Scheme::Tcp) {
            return Err("the URL's scheme is not that of the call's transport");
        }
        let listed = channel
            .adapter
            .descriptor()
            .hosts
            .iter()
            .any(|host| self.listed_as(host));
        if listed && self.scheme != Scheme::Http {
            return Ok(());
        }
        let overridden = || {
            let uris = channel
                .spec
                .endpoints
                .values()
                .filter_map(|url| url.parse::<Uri>().ok());
            uris.into_iter().any(|uri| Target::of(&uri).is_some_and(|t| t.is(self)))
        };
        match channel.spec.mode {
            Mode::Test if overridden() => Ok(()),
            Mode::Test => Err("the host is neither one of the provider's nor an endpoint this test channel overrides"),
            Mode::Live if listed => Err("live channels call https only"),
            Mode::Live => Err("the host is not one of the provider's"),
        }
    }

    /// `entry` is a host, or host and port.
    fn listed_as(&self, entry: &str) -> bool {
        if self.host.eq_ignore_ascii_case(entry) {
            return true;
        }
        entry
            .rsplit_once(':')
            .is_some_and(|(host, port)| self.host.eq_ignore_ascii_case(host) && port.parse() == Ok(self.port))
    }
}

/// An owned [`Target`].
#[derive(Debug, Clone)]
pub(super) struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

impl Origin {
    pub(super) fn new(target: &Target<'_>) -> Self {
        Self {
            scheme: target.scheme,
            host: target.host.to_ascii_lowercase(),
            port: target.port,
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target {
            scheme: self.scheme,
            host: &self.host,
            port: self.port,
        }
    }

    /// `Host` header: the port only where it is not the scheme's own.
    pub(super) fn host_header(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.scheme, self.port) {
            (Scheme::Https, 443) | (Scheme::Http, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
