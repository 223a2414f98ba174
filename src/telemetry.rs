//! The log: text for people, JSON for machines. It never holds what was said, a token, or an address.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// The libraries that see what goes over the wire, kept to what they tell anybody.
const DISCREET: &str = "tungstenite=info,tokio_tungstenite=info,hyper=info,hyper_util=info,reqwest=info,h2=info,\
                        rustls=info,tokio_postgres=info,async_graphql=info,axum=info";

/// Writes the log to standard error from now on. The error tells what is wrong with the filter.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    // A lone word that is no level would be taken for a module's name, and silence everything else.
    let is_level = |part: &str| part.parse::<LevelFilter>().is_ok();
    if let Some(part) = filter.split(',').find(|part| !part.contains('=') && !is_level(part.trim())) {
        return Err(format!(
            "CONFAB_LOG: `{part}` is neither a level, such as info, nor a filter, such as confab=debug"
        ));
    }
    // What libraries tell at the lower levels may hold tokens and what was said.
    let filter = format!("{filter},{DISCREET}");
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("CONFAB_LOG: {error}"))?;
    let terminal = std::io::stderr().is_terminal();
    // A log that cannot be written (a full disk, a closed pipe) must not end the server. To report that on standard error,
    // as is the default, would panic; and the panic hook, which logs, would panic again.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .with_target(false);
    match format {
        LogFormat::Text => lines.with_ansi(terminal).compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| format!("the log cannot be written: {error}"))?;
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: the message may quote what somebody said.
        tracing::error!(location = panic.location().map(ToString::to_string), "panicked");
    }));
    Ok(())
}
