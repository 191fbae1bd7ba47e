//! What the reference host is like, as options: `invoke`, `serve` and `record` have them all.

use crate::failure::{Failure, OrFail};
use crate::isolate::Isolate;
use crate::supervised::Worker;
use osaurus_abi_spec::model::Since;
use osaurus_reference_host::{Host, HostBuilder, KeyPlace, Mapped, Profile, dock};
use std::path::{Path, PathBuf};

/// Options of the host.
#[derive(clap::Args, Clone)]
pub struct HostOptions {
    /// ABI version that the host advertises: 1 to 6, or a revision of version 2, 2a to 2e
    #[arg(long, default_value = "6", value_parser = abi_level)]
    pub abi: String,
    /// Run tools in a helper process, where a crash or a hang ends one call only; models, tasks and
    /// files cannot be reached from there, as in Osaurus
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub isolate: Option<Isolate>,
    /// Folder that keeps databases, settings and keys [default: a temporary one]
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Keep the key of the --data folder in a file of it and not in the platform's keychain, which
    /// asks whenever this program was built anew on a Mac
    #[arg(long, requires = "data")]
    key_in_file: bool,
    /// Which known differences the host shows: actual, documented, osaurus-exact or june-2026
    #[arg(long, default_value = "actual", value_parser = Profile::parse)]
    pub profile: Profile,
    /// OpenAI-compatible server for inference [default: a built-in deterministic model]
    #[arg(long)]
    model_url: Option<String>,
    /// Script for the built-in model (docs/model-script.md)
    #[arg(long, conflicts_with = "model_url")]
    model_script: Option<PathBuf>,
    /// Send http_request calls for a host name to a local server: NAME=ADDRESS:PORT. Requests by
    /// https go there in clear; NAME=https://ADDRESS:PORT is for a server that has the test
    /// certificate, which the program makes; may be repeated
    #[arg(long, value_name = "NAME=ADDRESS", value_parser = mapping)]
    map_host: Vec<(String, String)>,
    /// Give the plugin the environment of an application that was started from the Dock:
    /// PATH=/usr/bin:/bin:/usr/sbin:/sbin, the folder /, and no variables of this shell
    #[arg(long)]
    pub dock_environment: bool,
}

/// A path that holds in every folder.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A level that a host can have, as the host writes it.
fn abi_level(text: &str) -> Result<String, String> {
    let level: Since = text.parse().map_err(|error| format!("{error}"))?;
    match (level.version, level.revision) {
        (2, None) => Ok("2".into()),
        (version, None) => Ok(version.to_string()),
        (_, Some(revision)) => Ok(revision),
    }
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let advice = "expected NAME=ADDRESS:PORT, such as api.example.com=127.0.0.1:8080";
    let (name, address) = text.split_once('=').ok_or(advice)?;
    if name.is_empty() || name.contains(['/', ':']) {
        return Err(format!("{advice}; the name has no scheme, port or path"));
    }
    let checked = address.parse::<Mapped>();
    checked.map_err(|error| format!("{advice}; of {address:?}: {error}"))?;
    Ok((name.into(), address.into()))
}

impl HostOptions {
    /// The same, with paths that hold in every folder.
    pub fn absolute(&self) -> Self {
        Self {
            data: self.data.as_deref().map(absolute),
            model_script: self.model_script.as_deref().map(absolute),
            ..self.clone()
        }
    }

    /// Makes this process like an application from the Dock, if that was asked for. Relative paths
    /// mean something else afterwards.
    ///
    /// # Safety
    /// No other thread of this program runs.
    pub unsafe fn enter_dock(&self) -> Result<(), Failure> {
        if !self.dock_environment {
            return Ok(());
        }
        let variables = dock::variables();
        for (name, _) in std::env::vars_os() {
            // SAFETY: the caller's promise.
            unsafe { std::env::remove_var(name) };
        }
        for (name, value) in variables {
            // SAFETY: as above.
            unsafe { std::env::set_var(name, value) };
        }
        std::env::set_current_dir(dock::FOLDER)
            .or_fail(format!("cannot enter the folder {}", dock::FOLDER), "")
    }

    /// A builder with everything that was asked for.
    pub fn builder(&self) -> Result<HostBuilder, Failure> {
        let mut builder = Host::builder().abi_level(&self.abi).profile(self.profile);
        if let Some(isolate) = self.isolate {
            builder = isolate.set_up(builder, &self.abi)?;
        }
        if let Some(folder) = &self.data {
            builder = builder.data_dir(folder);
        }
        if self.key_in_file {
            builder = builder.key_place(KeyPlace::File);
        }
        if let Some(url) = &self.model_url {
            builder = builder.model_url(url);
        }
        if let Some(script) = &self.model_script {
            builder = builder.model_script(script);
        }
        let mapped = |builder: HostBuilder, (name, address): &(String, String)| {
            builder.map_host(name, address)
        };
        Ok(self.map_host.iter().fold(builder, mapped))
    }
}

/// What a local TLS server has to be started with, when a name is mapped to one.
pub fn certificate_note(host: &Host) -> Option<String> {
    let files = host.test_certificate()?;
    let (certificate, key) = (files.certificate.display(), files.key.display());
    Some(format!(
        "certificate for mapped https hosts: {certificate}, its key: {key}"
    ))
}

/// Builds a host, with advice when that fails.
pub fn build(builder: HostBuilder) -> Result<Host, Failure> {
    let host = builder.build().or_fail(
        "the reference host does not start",
        "check --data, --model-url and --model-script",
    )?;
    if let Some(folder) = host.temporary_folder() {
        Worker::get().owns(folder);
    }
    Ok(host)
}
