//! Apple code signatures of a named author: by `codesign` on a Mac, elsewhere by `rcodesign` where
//! it is installed. The programs do the work; here is how they are called.

use crate::build::on_path;
use crate::failure::{Failure, OrFail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The author's certificate, as options.
#[derive(clap::Args, Default)]
pub struct CodeSigning {
    /// Sign the library with this certificate of the keychain, with codesign on a Mac: "Developer
    /// ID Application: ..."
    #[arg(long, value_name = "NAME")]
    identity: Option<String>,
    /// Sign the library with the certificate in this file, with rcodesign
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "identity",
        requires = "p12_password_file"
    )]
    p12: Option<PathBuf>,
    /// A file with the certificate's password
    #[arg(long, value_name = "FILE")]
    p12_password_file: Option<PathBuf>,
}

impl CodeSigning {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        self.identity.is_some() || self.p12.is_some()
    }

    /// Signs a library in its place. Without a certificate the ad-hoc signature stays.
    pub fn sign(&self, library: &Path) -> Result<(), Failure> {
        let Some(mut command) = self.command(library)? else {
            return Ok(());
        };
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command.output().or_fail(
            format!("cannot run {program}"),
            "check that it is an executable program",
        )?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(
            format!(
                "{program} cannot sign {}:\n{}",
                library.display(),
                text.trim_end()
            ),
            "check the certificate's name, file and password",
        ))
    }

    fn command(&self, library: &Path) -> Result<Option<Command>, Failure> {
        if let Some(identity) = &self.identity {
            let mut command = Command::new(program(
                "codesign",
                "it comes with the developer tools of macOS; elsewhere use --p12 FILE",
            )?);
            command
                .args([
                    "--force",
                    "--options",
                    "runtime",
                    "--timestamp",
                    "--sign",
                    identity,
                ])
                .arg(library);
            return Ok(Some(command));
        }
        let (Some(p12), Some(password)) = (&self.p12, &self.p12_password_file) else {
            return Ok(None);
        };
        let mut command = Command::new(program(
            "rcodesign",
            "install it with: cargo install apple-codesign",
        )?);
        command
            .args(["sign", "--code-signature-flags", "runtime", "--p12-file"])
            .arg(p12)
            .arg("--p12-password-file")
            .arg(password)
            .arg(library);
        Ok(Some(command))
    }
}

fn program(name: &str, fix: &str) -> Result<PathBuf, Failure> {
    on_path(name).ok_or_else(|| Failure::new(format!("there is no {name} on the PATH"), fix))
}
