//! `--isolate` of `invoke` and `serve`: tools run in a helper process, which is this program under
//! another command.

use crate::failure::{Failure, OrFail};
use osaurus_reference_host::{AbiLevel, HostBuilder, Isolation};
use std::process::ExitCode;

/// Which tools run in a helper process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Isolate {
    /// All, so that a crash is an answer and not the end
    All,
    /// Those that Osaurus isolates when it is told to: tools that need accessibility or automation
    System,
}

impl Isolate {
    /// Lets a host run these tools in helpers, which offer this version of the host table.
    pub fn set_up(self, builder: HostBuilder, abi: &str) -> Result<HostBuilder, Failure> {
        let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
        let isolation = match self {
            Isolate::All => Isolation::EveryCall,
            Isolate::System => Isolation::SystemTools,
        };
        let helper = builder.helper_program(program, ["plugin-host", "--abi", abi]);
        Ok(helper.isolate(isolation))
    }

    /// What a reader of the log should know.
    pub fn note(self) -> &'static str {
        match self {
            Isolate::All => {
                "tools run in a helper process of each plugin, without models, tasks and files; \
                 routes, settings and events stay in this one"
            }
            Isolate::System => {
                "tools that need accessibility or automation run in a helper process of each \
                 plugin, without models, tasks and files"
            }
        }
    }
}

/// Serves as the helper process of a plugin.
pub fn serve_as_helper(abi: &str) -> Result<ExitCode, Failure> {
    let level = AbiLevel::parse(abi).or_fail("the helper cannot start", "")?;
    osaurus_reference_host::helper::serve_as(level)
}
