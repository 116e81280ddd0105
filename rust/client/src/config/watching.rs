//! What is logged, and told OpenTelemetry, of what a connection does.
//!
//! Must not know: who logs it.

use std::time::Duration;

use super::settings::Settings;
use crate::error::Error;

/// What is watched of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchOptions {
    /// Statements that take that long are logged as slow; None logs none.
    pub slow: Option<Duration>,
    /// Whether OpenTelemetry gets spans and metrics.
    pub telemetry: bool,
    /// Whether spans have the text of statements, without literals.
    pub query_text: bool,
    /// Whether the server is told of traces.
    pub trace_context: bool,
}

impl WatchOptions {
    pub(super) fn from_settings(settings: &Settings) -> Result<Self, Error> {
        let slow: u32 = settings.integer("slow_query_ms")?;
        Ok(Self {
            slow: (slow > 0).then(|| Duration::from_millis(slow.into())),
            telemetry: settings.flag("telemetry")?,
            query_text: settings.choice("telemetry_query_text")? == "sanitized",
            trace_context: settings.flag("telemetry_trace_context")?,
        })
    }
}
