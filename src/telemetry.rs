//! The log, as text or JSON. It never contains message content, tokens or e-mail addresses.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Limits libraries that see network traffic to `info`: their lower levels may log tokens and message content.
const LIBRARY_LEVELS: &str = "tungstenite=info,tokio_tungstenite=info,hyper=info,hyper_util=info,reqwest=info,h2=info,\
                              rustls=info,tokio_postgres=info,async_graphql=info,axum=info";

/// Starts writing the log to standard error. Fails if the filter is invalid.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    // The filter would take a single unknown word for a module name and silence all other modules.
    let is_level = |part: &str| part.parse::<LevelFilter>().is_ok();
    if let Some(part) = filter.split(',').find(|part| !part.contains('=') && !is_level(part.trim())) {
        return Err(format!(
            "CONFAB_LOG: `{part}` must be a level, such as `info`, or a filter, such as `confab=debug`."
        ));
    }
    let filter = format!("{filter},{LIBRARY_LEVELS}");
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("CONFAB_LOG: {error}"))?;
    let terminal = std::io::stderr().is_terminal();
    // A log that cannot be written (full disk, closed pipe) must not end the server. By default the subscriber reports
    // that on standard error, which would panic. The panic hook logs, so it would panic again.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .with_target(false);
    match format {
        LogFormat::Text => lines.with_ansi(terminal).compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    }
    .map_err(|error| format!("The log could not be started: {error}."))?;
    std::panic::set_hook(Box::new(|panic| {
        // Without the panic message, which may contain message content.
        tracing::error!(location = panic.location().map(ToString::to_string), "panicked");
    }));
    Ok(())
}
