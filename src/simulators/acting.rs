//! Acting a fault out: what the menu orders becomes what the caller sees on its connection.

use super::Simulators;
use super::faults::{Fault, Kind, Operation};
use super::notices::Notice;
use super::pg::{Answer, Decline, PgRequest, PgSimulator, Served, respond};
use crate::net::{Abort, BodyError, Request, Response, stream_body};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;

/// Delay of the kinds that need one, when the menu names none.
const DELAY_MS: u64 = 3_000;
/// Time for the first half of a cut answer to leave.
const FLUSH: Duration = Duration::from_millis(30);
/// Pieces of a slow answer at most.
const DRIPS: usize = 40;

const HTML_502: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

fn html_502() -> Answer {
    Answer::new(StatusCode::BAD_GATEWAY, "text/html", HTML_502)
}

fn not_served() -> Answer {
    Answer::new(
        StatusCode::NOT_FOUND,
        "text/plain; charset=utf-8",
        "no such path at this PG\n",
    )
}

impl Simulators {
    /// One request to one PG.
    pub(super) async fn pg_call(
        self: Arc<Self>,
        pg: Arc<dyn PgSimulator>,
        request: Request,
    ) -> Result<Response, Abort> {
        let operation = pg.operation(&self.pg_request(pg.as_ref(), &request));
        match self.faults.on_call(pg.id(), operation) {
            None => {
                let mut served = pg.serve(&self.pg_request(pg.as_ref(), &request), None);
                let notices = std::mem::take(&mut served.notices);
                if !notices.is_empty() {
                    self.notify(pg.as_ref(), operation, notices).await;
                }
                Ok(finish(served).into_response())
            }
            Some(fault) if fault.kind == Kind::Hang => self.hang(&fault).await,
            // A PG goes on when its caller hangs up, and so does this: hyper drops a handler with its connection.
            Some(fault) => tokio::spawn(self.act(pg, request, operation, fault))
                .await
                .unwrap_or(Err(Abort)),
        }
    }

    fn pg_request<'a>(&'a self, pg: &dyn PgSimulator, request: &'a Request) -> PgRequest<'a> {
        let path = request.path.get(pg.id().len() + 1..).unwrap_or("/");
        PgRequest {
            inner: request,
            path,
            world: &self.world,
        }
    }

    async fn hang(&self, fault: &Fault) -> Result<Response, Abort> {
        let limit = Duration::from_millis(fault.delay_ms.unwrap_or(self.world.options.hang_ms));
        let mut stop = self.stop.subscribe();
        tokio::select! {
            () = tokio::time::sleep(limit) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        Err(Abort)
    }

    async fn act(
        self: Arc<Self>,
        pg: Arc<dyn PgSimulator>,
        request: Request,
        operation: Option<Operation>,
        fault: Fault,
    ) -> Result<Response, Abort> {
        let delay = Duration::from_millis(fault.delay_ms.unwrap_or(DELAY_MS));
        match &fault.kind {
            Kind::Refuse | Kind::DropBefore => return Err(Abort),
            Kind::Error500Before => return Ok(pg.server_error().into_response()),
            Kind::Html502Before => return Ok(html_502().into_response()),
            Kind::Maintenance => return Ok(pg.maintenance(operation).into_response()),
            Kind::RateLimit => return Ok(pg.rate_limited().into_response()),
            Kind::CancelOvertakes => tokio::time::sleep(delay).await,
            _ => {}
        }
        let decline = match &fault.kind {
            Kind::Decline(code) => Some(Decline {
                code: code.clone(),
                status: fault.status,
                message: fault.message.clone(),
            }),
            _ => None,
        };
        let mut served = pg.serve(&self.pg_request(pg.as_ref(), &request), decline.as_ref());
        let notices = std::mem::take(&mut served.notices);
        self.notify(pg.as_ref(), operation, notices).await;
        if fault.kind == Kind::LateAnswer {
            tokio::time::sleep(delay).await;
        }
        let mut answer = finish(served);
        match &fault.kind {
            Kind::ApproveThenDrop => Err(Abort),
            Kind::Error500After => Ok(pg.server_error().into_response()),
            Kind::Html502After => Ok(html_502().into_response()),
            Kind::Truncate => Ok(truncated(answer)),
            Kind::SlowDrip => Ok(dripping(answer, delay)),
            Kind::BadEncoding => {
                answer.body = pg.garble(&answer.body);
                Ok(answer.into_response())
            }
            Kind::BadSignature => {
                pg.forge_answer(&mut answer);
                Ok(answer.into_response())
            }
            _ => Ok(answer.into_response()),
        }
    }

    /// Sends notifications, with whatever the menu does to them. Returns at once unless one must precede the answer.
    pub(super) async fn notify(&self, pg: &dyn PgSimulator, cause: Option<Operation>, notices: Vec<Notice>) {
        let pause = Duration::from_millis(self.world.options.notice_delay_ms);
        for mut notice in notices {
            match self.faults.on_notification(pg.id(), cause).map(|fault| fault.kind) {
                Some(Kind::LostNotify) => self.notifier.lose(&notice),
                Some(Kind::DuplicateNotify) => {
                    self.notifier.send(notice.clone(), pause);
                    self.notifier.send(notice, pause);
                }
                Some(Kind::NotifyBeforeAnswer) => self.notifier.send_first(notice).await,
                Some(Kind::BadSignature) => {
                    if !pg.forge_notice(&mut notice) {
                        tracing::warn!(
                            provider = pg.id(),
                            event = notice.event,
                            "nothing signed in this notification"
                        );
                    }
                    self.notifier.send(notice, pause);
                }
                _ => self.notifier.send(notice, pause),
            }
        }
    }
}

fn finish(served: Served) -> Answer {
    if let Some(finish) = served.finish {
        finish();
    }
    served.answer.unwrap_or_else(not_served)
}

fn with_length(answer: &mut Answer) {
    answer
        .headers
        .push((header::CONTENT_LENGTH, HeaderValue::from(answer.body.len())));
}

/// Promises the whole length and stops half way. The pause makes hyper flush the first half: an error right behind it
/// would throw away head and body alike, which is another fault.
fn truncated(mut answer: Answer) -> Response {
    with_length(&mut answer);
    let half = answer.body.slice(..answer.body.len() / 2);
    let cut = futures_util::stream::once(async {
        tokio::time::sleep(FLUSH).await;
        Err::<Bytes, BodyError>("cut by a fault".into())
    });
    let pieces = futures_util::stream::once(async { Ok(half) }).chain(cut);
    respond(answer.status, answer.headers, stream_body(pieces))
}

/// Spreads the body over `time`.
fn dripping(mut answer: Answer, time: Duration) -> Response {
    with_length(&mut answer);
    let size = answer.body.len().div_ceil(DRIPS).max(1);
    let pieces: Vec<Bytes> = (0..answer.body.len())
        .step_by(size)
        .map(|i| answer.body.slice(i..(i + size).min(answer.body.len())))
        .collect();
    let gap = time / u32::try_from(pieces.len().max(1)).unwrap_or(1);
    let stream = futures_util::stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(gap).await;
        Ok(piece)
    });
    respond(answer.status, answer.headers, stream_body(stream))
}
