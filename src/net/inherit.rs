//! Listeners that whoever started us has bound already: systemd's socket activation (`LISTEN_FDS`, `LISTEN_FDNAMES`).
//!
//! The starter keeps its copy of each socket while one process ends and the next begins, so connections wait in the
//! kernel's queue instead of being refused.

use listenfd::ListenFd;
use std::net::TcpListener;

/// A socket that was handed over cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    /// There is no name for each socket.
    #[error("{sockets} sockets were handed over (LISTEN_FDS), but LISTEN_FDNAMES names {names}")]
    Unnamed {
        /// How many sockets there are.
        sockets: usize,
        /// How many names there are.
        names: usize,
    },
    /// A name is none of ours, or stands twice.
    #[error("a socket named {name:?} was handed over (FileDescriptorName=); expected are {}, each once", expected.join(", "))]
    Name {
        /// Name as handed over.
        name: String,
        /// The names there are.
        expected: &'static [&'static str],
    },
    /// What was handed over is no TCP socket.
    #[error("the socket named {name:?} that was handed over cannot be used: {error}")]
    Socket {
        /// Its name.
        name: String,
        /// Why.
        error: std::io::Error,
    },
}

/// Sockets that were handed over and are not taken yet.
#[derive(Debug, Default)]
pub struct Inherited(Vec<(String, TcpListener)>);

impl Inherited {
    /// Takes what was handed over to this process; none is the usual case. Only `names` may occur, each at most once.
    ///
    /// Call it before any thread starts: the variables are taken out of the environment, so that no child of ours
    /// takes them for its own.
    ///
    /// # Errors
    /// A socket without a name, with a name that is not in `names`, or that is no TCP socket.
    pub fn from_environment(names: &'static [&'static str]) -> Result<Self, InheritError> {
        let given = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut sockets = ListenFd::from_env();
        let given: Vec<&str> = given.split(':').filter(|name| !name.is_empty()).collect();
        if sockets.len() > 0 && sockets.len() != given.len() {
            return Err(InheritError::Unnamed {
                sockets: sockets.len(),
                names: given.len(),
            });
        }
        let mut taken = Self::default();
        for (index, name) in given.iter().enumerate().take(sockets.len()) {
            let name = (*name).to_owned();
            if !names.contains(&name.as_str()) || taken.0.iter().any(|(other, _)| *other == name) {
                return Err(InheritError::Name { name, expected: names });
            }
            match sockets.take_tcp_listener(index) {
                Ok(Some(listener)) => taken.0.push((name, listener)),
                Ok(None) => {}
                Err(error) => return Err(InheritError::Socket { name, error }),
            }
        }
        Ok(taken)
    }

    /// The socket of a name, if one was handed over.
    pub fn take(&mut self, name: &str) -> Option<TcpListener> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1)
    }
}
