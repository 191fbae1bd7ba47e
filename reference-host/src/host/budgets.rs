//! How long things may take in a host. The builder sets them; the code that waits reads them.

use std::time::Duration;

/// Time limits. The defaults are Osaurus'; tests shorten them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budgets {
    pub(crate) tool: Duration,
    pub(crate) route: Duration,
    pub(crate) host_call: Duration,
    pub(crate) drain: Duration,
    /// For calls that wait for the host's main loop.
    pub(crate) main_loop: Duration,
    /// How long a task that has ended keeps its output and session.
    pub(crate) ended_task: Duration,
    /// How long a client of the server may take over its request, and over 64 KiB of its answer.
    pub(crate) client: Duration,
    /// Of the helper process: loading, a tool call, a setting, its orderly end.
    pub(crate) helper_load: Duration,
    pub(crate) helper_invoke: Duration,
    pub(crate) helper_config: Duration,
    pub(crate) helper_stop: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Budgets {
            tool: Duration::from_secs(120),
            route: Duration::from_secs(30),
            host_call: Duration::from_secs(1800),
            drain: Duration::from_secs(60),
            main_loop: Duration::from_secs(30),
            ended_task: Duration::from_secs(15),
            client: Duration::from_secs(30),
            helper_load: Duration::from_secs(30),
            helper_invoke: Duration::from_secs(150),
            helper_config: Duration::from_secs(15),
            helper_stop: Duration::from_secs(5),
        }
    }
}
