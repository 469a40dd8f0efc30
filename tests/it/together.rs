//! Cases that run side by side: all of them end, and all that failed are told of.

use std::future::Future;
use tokio::task::{JoinError, JoinSet};

/// Cases under way.
#[derive(Debug, Default)]
pub struct Together {
    running: JoinSet<()>,
}

impl Together {
    /// Starts one.
    pub fn start(&mut self, case: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(case);
    }

    /// Waits for every one; fails with the texts of those that failed.
    pub async fn end(mut self) {
        let count = self.running.len();
        let mut failed = Vec::new();
        while let Some(ended) = self.running.join_next().await {
            failed.extend(ended.err().map(why));
        }
        let failures = failed.len();
        assert!(
            failed.is_empty(),
            "{failures} of {count} failed:\n{}",
            failed.join("\n\n")
        );
    }
}

/// What a task that panicked said.
pub fn why(error: JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "it said nothing".to_owned())
}
