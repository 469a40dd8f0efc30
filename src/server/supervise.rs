//! Background work that must go on: a panic in it is logged and the work begins anew.

use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Turns true when the process stops.
pub type Stop = watch::Receiver<bool>;

/// Pause before work that ended by itself begins anew.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs `work` until `stop`; starts it again if it panics or returns early.
pub fn supervise<W, F>(name: &'static str, mut stop: Stop, work: W) -> JoinHandle<()>
where
    W: Fn(Stop) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        while !*stop.borrow() {
            // Its own task, so that a panic arrives here as a value.
            let ended = tokio::spawn(work(stop.clone())).await;
            if *stop.borrow() {
                return;
            }
            match ended {
                Ok(()) => tracing::error!(work = name, "background work ended by itself; starting it again"),
                Err(error) => tracing::error!(work = name, %error, "background work failed; starting it again"),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    })
}
