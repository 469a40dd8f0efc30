//! The `naru` command. Thin: it reads arguments, calls the rooms, prints, and says with its exit code how it went.

mod admin;
mod channels;
mod check;
#[cfg(feature = "simulator")]
mod demo;
mod providers;
mod route;
mod serve;
mod signals;
#[cfg(feature = "simulator")]
mod sim;
mod unknown;
mod webhooks;

use clap::{Args, Parser, Subcommand};
#[cfg(feature = "simulator")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Self-hosted payment router for Korea.
#[derive(Debug, Parser)]
#[command(name = "naru", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the router.
    Serve(ServeArguments),
    /// Runs the router, the PG simulators and the samples in one process, on a throw-away ledger.
    #[cfg(feature = "simulator")]
    Demo(DemoArguments),
    /// Validates settings: prints every problem as `file:line:col: message`; exit code 0 good, 1 bad.
    Check(CheckArguments),
    /// Runs only the PG simulators.
    #[cfg(feature = "simulator")]
    Sim(SimArguments),
    /// Looks at channel files.
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Lists webhook deliveries of a running router and replays given-up ones.
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Lists operations whose outcome no machine could tell, and settles them.
    #[command(subcommand)]
    Unknown(unknown::UnknownCommand),
    /// Tells which channel a payment would take, and why.
    Route(Box<route::RouteArguments>),
    /// Prints what each PG can do here, from the adapters' own descriptions.
    Providers(ProvidersArguments),
    /// Prints the version.
    Version,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    /// One line a delivery: id, event, payment, tries, URL, last error.
    List {
        /// `pending`, `delivered` or `dead`.
        #[arg(long, default_value = "dead")]
        state: String,
        #[command(flatten)]
        filter: WebhookFilterArguments,
    },
    /// Gives dead deliveries that fit the filter a new round of tries.
    Replay {
        #[command(flatten)]
        filter: WebhookFilterArguments,
    },
}

/// Which deliveries, and where the router is.
#[derive(Debug, Args)]
struct WebhookFilterArguments {
    /// Delivery or event id.
    #[arg(long)]
    id: Option<String>,
    /// Store.
    #[arg(long, value_name = "STORE_ID")]
    store: Option<String>,
    /// Payment.
    #[arg(long, value_name = "PAYMENT_ID")]
    payment: Option<String>,
    /// Event, e.g. `Transaction.Paid`.
    #[arg(long)]
    event: Option<String>,
    /// URL, exact.
    #[arg(long)]
    url: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<u32>,
    #[command(flatten)]
    admin: admin::AdminArguments,
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Process settings; without it ./naru.toml is read if there is one, else the environment alone decides.
    #[arg(long, value_name = "FILE", env = "NARU_CONFIG")]
    config: Option<PathBuf>,
    /// Directory of the channel files (instead of the one the settings name).
    #[arg(long, value_name = "DIR")]
    channels: Option<PathBuf>,
}

/// Where the demo listens; port 0 means any free port.
#[cfg(feature = "simulator")]
#[derive(Debug, Args)]
struct DemoArguments {
    /// Public listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// V1 listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    v1_listen: SocketAddr,
    /// Operations listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    admin_listen: SocketAddr,
    /// Simulators' listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    sim_listen: SocketAddr,
    /// Keeps the ledger here instead of in a temporary directory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Directory of the channel files instead of the sample.
    #[arg(long, value_name = "DIR")]
    channels: Option<PathBuf>,
    /// Writes addresses, keys and channel names here, atomically, once everything answers.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// Process settings; without it ./naru.toml is checked if there is one.
    #[arg(long, value_name = "FILE", env = "NARU_CONFIG")]
    config: Option<PathBuf>,
    /// Directory of the channel files; default: the one the settings name, else ./channels.
    #[arg(value_name = "DIR")]
    channels: Option<PathBuf>,
}

#[cfg(feature = "simulator")]
#[derive(Debug, Args)]
struct SimArguments {
    /// Where to listen; port 0 means any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
}

#[derive(Debug, Subcommand)]
enum ChannelsCommand {
    /// What a swap from directory A to directory B would change, secrets masked.
    Diff {
        /// Before.
        a: PathBuf,
        /// After.
        b: PathBuf,
    },
    /// JSON Schema of the channel files, for editors.
    Schema,
}

#[derive(Debug, Args)]
struct ProvidersArguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        #[cfg(feature = "simulator")]
        Command::Demo(arguments) => demo::run(arguments),
        Command::Check(arguments) => check::run(&arguments),
        #[cfg(feature = "simulator")]
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Channels(command) => channels::run(&command),
        Command::Webhooks(command) => webhooks::run(command),
        Command::Unknown(command) => unknown::run(command),
        Command::Route(arguments) => route::run(*arguments),
        Command::Providers(arguments) => providers::run(&arguments),
        Command::Version => {
            say(&format!(
                "naru {} ({})",
                env!("CARGO_PKG_VERSION"),
                option_env!("NARU_REVISION").unwrap_or("unknown revision")
            ));
            ExitCode::SUCCESS
        }
    }
}

/// Prints a line. A closed pipe (`naru providers | head`) is not an error.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints what went wrong and fails.
fn fail(text: impl std::fmt::Display) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::FAILURE
}

/// Looks a variable up in the process environment; one that is not UTF-8 counts as absent.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs the router's runtime to the end of `work`.
fn block_on(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(work);
            // A blocking call that hangs (a network file system) must not hold the process.
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            code
        }
        Err(error) => fail(format!("the runtime cannot start: {error}")),
    }
}
