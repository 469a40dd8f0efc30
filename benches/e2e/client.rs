//! The cheapest HTTP/1.1 client that is still honest: one keep-alive connection, one write and one read a request, no
//! runtime. What it costs is taken from the cores that the router under test shares with it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request that takes longer is a failure of the bench.
const PATIENCE: Duration = Duration::from_secs(20);

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// What came back. The body lies in the connection's buffer.
pub struct Answer<'c> {
    pub status: u16,
    pub body: &'c [u8],
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; 16 << 10],
            filled: 0,
        })
    }

    /// Sends a whole request and reads the whole answer.
    pub fn call(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.filled = 0;
        let (status, body_at, length) = loop {
            self.fill()?;
            if let Some(head) = head(&self.buffer[..self.filled])? {
                break head;
            }
        };
        let end = body_at + length;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while self.filled < end {
            self.fill()?;
        }
        Ok(Answer {
            status,
            body: &self.buffer[body_at..end],
        })
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..])?;
        if read == 0 {
            return Err(io::Error::other("the server closed a keep-alive connection"));
        }
        self.filled += read;
        Ok(())
    }
}

/// Status, where the body begins, and its length; `None` while the head is not complete. Every server here gives a
/// `Content-Length`: another framing is refused instead of guessed.
fn head(bytes: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes[..end]).map_err(io::Error::other)?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.get(9..12))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| io::Error::other("no status line"))?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
    Ok(Some((status, end + 4, length)))
}

/// One request on a connection of its own, for control calls: the body of a 200.
pub fn once(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("{address}: {error}");
    let mut connection = Connection::open(address).map_err(failed)?;
    let answer = connection.call(request).map_err(failed)?;
    if answer.status != 200 {
        let body = String::from_utf8_lossy(answer.body);
        return Err(format!("{address} answered {}: {body}", answer.status));
    }
    Ok(answer.body.to_vec())
}
