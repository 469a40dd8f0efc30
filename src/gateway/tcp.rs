//! Raw socket exchanges: one request, one record, one connection.

use super::fault::Fault;
use super::io::Written;
use super::lane::Lane;
use super::{Shared, codes, dial};
use crate::adapters::{OperationTimeouts, WireAnswer, WireRequest};
use bytes::Bytes;
use std::io::ErrorKind;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Sends the body and reads one record: `length_digits` ASCII digits, then that many bytes. The answer's body is the
/// record as it came, its length included; its status is 0.
pub(super) async fn exchange(
    shared: &Shared,
    lane: &Lane,
    request: &WireRequest,
    timeouts: OperationTimeouts,
    length_digits: usize,
) -> Result<WireAnswer, Fault> {
    let (mut io, written) = dial::dial(&shared.tls, &lane.origin, timeouts.connect).await?;
    written.lower();
    let talk = async {
        io.write_all(&request.body).await?;
        io.flush().await?;
        read_record(&mut io, length_digits, shared.options.answer_bytes_max).await
    };
    match tokio::time::timeout(timeouts.total, talk).await {
        Ok(Ok(record)) => Ok(WireAnswer {
            status: 0,
            headers: Vec::new(),
            body: record,
        }),
        Ok(Err(why)) => Err(why.fault(&written)),
        Err(_) => Err(Fault {
            code: codes::TIMEOUT,
            message: format!("no complete record within {} ms", timeouts.total.as_millis()),
            sent: written.get(),
        }),
    }
}

/// Why there is no record.
#[derive(Debug, PartialEq, Eq)]
struct NoRecord(&'static str, String);

impl NoRecord {
    fn fault(self, written: &Written) -> Fault {
        Fault {
            code: self.0,
            message: self.1,
            sent: written.get(),
        }
    }
}

impl From<std::io::Error> for NoRecord {
    fn from(error: std::io::Error) -> Self {
        Self(codes::RESET, error.to_string())
    }
}

async fn read_record<R>(from: &mut R, length_digits: usize, bytes_max: usize) -> Result<Bytes, NoRecord>
where
    R: AsyncRead + Unpin,
{
    let mut record = vec![0; length_digits];
    from.read_exact(&mut record).await?;
    let length = std::str::from_utf8(&record)
        .ok()
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse::<usize>().ok())
        .ok_or_else(|| {
            NoRecord(
                codes::UNREADABLE,
                format!("the first {length_digits} bytes are not digits"),
            )
        })?;
    if length > bytes_max {
        let why = format!("the record says {length} bytes, the limit is {bytes_max}");
        return Err(NoRecord(codes::TOO_LARGE, why));
    }
    record.resize(length_digits + length, 0);
    match from.read_exact(&mut record[length_digits..]).await {
        Ok(_) => Ok(record.into()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            let why = format!("the connection ended inside a record of {length} bytes");
            Err(NoRecord(codes::TRUNCATED, why))
        }
        Err(error) => Err(NoRecord(codes::TRUNCATED, error.to_string())),
    }
}
