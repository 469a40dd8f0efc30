//! Requests that a machine makes up from the API's own documents: whatever comes, the answer is one the document has, in its
//! shape, and never a failure of the router.

use crate::harness::Demo;
use crate::source::root;
use crate::web::Web;
use http::Method;
use serde_json::json;
use std::process::Output;

/// Requests an operation, at most.
const EXAMPLES: &str = "30";
/// The same requests in every run.
const SEED: &str = "7";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

async fn made_up(url: &str, document: &str, credential: &str) -> Output {
    let program = root().join("target/venv/bin/schemathesis");
    assert!(program.exists(), "schemathesis is not installed: run `make setup`");
    let scratch = tempfile::tempdir().unwrap();
    let header = format!("Authorization: {credential}");
    let run = tokio::process::Command::new(program)
        .current_dir(scratch.path())
        .args(["run", &format!("{url}/openapi/{document}.json"), "-u", url])
        .args(["-H", &header, "-c", CHECKS, "--phases", "fuzzing", "-n", EXAMPLES])
        .args(["--seed", SEED, "--continue-on-failure", "--warnings", "off", "-w", "2"])
        // Time is for the machine, not for a verdict.
        .args(["--suppress-health-check", "all"])
        .env("PYTHONUTF8", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .await
        .unwrap();
    drop(scratch);
    run
}

fn holds(run: &Output, demo: &Demo) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&run.stdout);
    assert!(
        run.status.success(),
        "{said}{}\nthe router said:\n{}",
        text(&run.stderr),
        demo.said()
    );
    // A run that made nothing up proves nothing.
    let made = said.lines().find_map(|line| line.trim().split_once(" generated, "));
    let made: u32 = made.unwrap().0.parse().unwrap();
    assert!(made > 1_000, "{said}");
    println!("{made} requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v2_answers_as_its_document_says() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
    let credential = format!("PortOne {}", demo.env["NARU_API_SECRET"]);
    let run = made_up(&demo.env["NARU_URL"], "v2", &credential).await;
    holds(&run, &demo);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v1_answers_as_its_document_says() {
    let demo = tokio::task::spawn_blocking(Demo::start).await.unwrap();
    let url = &demo.env["NARU_V1_URL"];
    let keys = json!({"imp_key": demo.env["NARU_V1_KEY"], "imp_secret": demo.env["NARU_V1_SECRET"]});
    let login = format!("{url}/users/getToken");
    let headers = [("content-type", "application/json")];
    let answer = Web::new()
        .call(Method::POST, &login, &headers, Some(keys))
        .await
        .unwrap();
    let token = answer.json()["response"]["access_token"].as_str().unwrap().to_owned();
    let run = made_up(url, "v1", &token).await;
    holds(&run, &demo);
}
