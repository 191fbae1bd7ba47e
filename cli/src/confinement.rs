//! `--unconfined` of the commands that try a plugin with made-up arguments, and the line that says
//! what the plugin can reach. Used by `check`, `fuzz`, `matrix`, `replay` and `abi next`.

use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::terminal::note;
use osaurus_conformance::Sandbox;
use osaurus_conformance::confine::{self, Support};

/// The hidden command that does a job of the sandbox.
pub const COMMAND: &str = "sandbox-job";

/// What the processes of a plugin may reach.
#[derive(clap::Args)]
pub struct Confinement {
    /// Let the plugin reach your files: read your home folder and the current folder, and write
    /// wherever you can. Without it, the plugin reads its own folder, the system and interpreters,
    /// and writes to a scratch folder only
    #[arg(long)]
    unconfined: bool,
}

impl Confinement {
    /// How the plugin's processes are started. Says on stderr what they can reach.
    pub fn sandbox(&self) -> Result<Sandbox, Failure> {
        note!("{}", self.note());
        let sandbox = sandbox()?;
        Ok(if self.unconfined {
            sandbox.unconfined()
        } else {
            sandbox
        })
    }

    fn note(&self) -> String {
        match confine::support() {
            _ if self.unconfined => {
                "not confined: the plugin can reach your files (--unconfined)".into()
            }
            Support::Full => "confined: the plugin cannot reach your files".into(),
            Support::Partial(gap) => format!("confined, with a gap: {gap}"),
            Support::Missing(why) => {
                format!("not confined: the plugin can reach your files, because {why}")
            }
        }
    }
}

/// How processes are started that run plugins: confined, where this system can do that.
pub fn sandbox() -> Result<Sandbox, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let homes = osaurus_shim::environment::homes();
    let sandbox = Sandbox::new(program, &[COMMAND], homes);
    let engine = Target::here().and_then(parts::python_engine).ok();
    Ok(engine.into_iter().fold(sandbox, Sandbox::reading))
}
