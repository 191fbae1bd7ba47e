//! Sharing files with the user: the copy in the artifacts folder, the artifact object, and the
//! plugins that want to know. The tool `share_artifact` and the host's own interface use it.

use crate::common::ids::fresh_uuid;
use crate::common::{json, media_type};
use crate::host::core::HostCore;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

/// A file to share: one that is there, or a new one with this content.
#[derive(Debug, Default)]
pub(crate) struct ToShare {
    pub(crate) path: Option<PathBuf>,
    pub(crate) content: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) description: Option<String>,
}

/// The kind of a failure envelope, and the message.
type Refusal = (&'static str, String);

/// Copies the file into a fresh folder of the artifacts folder and returns the artifact object.
/// `folder` is what a relative path starts from.
pub(crate) fn copy(
    host: &HostCore,
    wanted: &ToShare,
    folder: Option<&Path>,
) -> Result<Value, Refusal> {
    let failed = |error: &io::Error| {
        (
            "execution_error",
            format!("The file cannot be shared: {error}"),
        )
    };
    let place = host.settings.artifacts().join(fresh_uuid());
    let target = place.join(filename(wanted)?);
    let source = wanted
        .path
        .as_deref()
        .map(|path| source(path, folder))
        .transpose()?;
    fs::create_dir_all(&place).map_err(|error| failed(&error))?;
    let copied = match (&source, &wanted.content) {
        (Some(source), _) => copy_tree(host, source, &target),
        (None, content) => {
            fs::write(&target, content.as_deref().unwrap_or_default()).map_err(|e| failed(&e))
        }
    };
    if let Err(refusal) = copied {
        let _ = fs::remove_dir_all(&place);
        return Err(refusal);
    }
    describe(&target, wanted).map_err(|error| failed(&error))
}

/// The last part of the name asked for, or of the path; a name never leads out of its folder.
fn filename(wanted: &ToShare) -> Result<String, Refusal> {
    let last = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let named = wanted.filename.as_deref().map(Path::new);
    match (named.and_then(last), &wanted.path, &wanted.content) {
        (_, None, None) => Err((
            "invalid_args",
            "Give `path`, or `content` and `filename`.".into(),
        )),
        (Some(name), ..) => Ok(name),
        (None, Some(path), _) => last(path).ok_or_else(|| {
            (
                "invalid_args",
                format!("'{}' names no file.", path.display()),
            )
        }),
        (None, None, Some(_)) => Err(("invalid_args", "`content` needs a `filename`.".into())),
    }
}

fn source(path: &Path, folder: Option<&Path>) -> Result<PathBuf, Refusal> {
    let name = path.display();
    let absolute = match (path.is_absolute(), folder) {
        (true, _) => path.to_path_buf(),
        (false, Some(folder)) => folder.join(path),
        (false, None) => {
            let message =
                format!("'{name}' is relative, and this conversation has no working folder.");
            return Err(("invalid_args", message));
        }
    };
    match absolute.symlink_metadata() {
        Ok(_) => Ok(absolute),
        Err(_) => Err(("not_found", format!("No such file: {name}"))),
    }
}

/// Osaurus copies links as links, so that one in the artifacts folder may lead anywhere. Here the
/// named file itself is followed and links inside of a shared folder may not leave it, but under
/// the profile `osaurus-exact`.
fn copy_tree(host: &HostCore, source: &Path, target: &Path) -> Result<(), Refusal> {
    let failed = |error: io::Error| {
        (
            "execution_error",
            format!("The file cannot be shared: {error}"),
        )
    };
    if !host.settings.profile.stricter() {
        return copy_with_links(source, target).map_err(failed);
    }
    let root = source.canonicalize().map_err(failed)?;
    copy_resolved(&root, &root, target).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied if error.get_ref().is_some() => {
            ("rejected", error.to_string())
        }
        _ => failed(error),
    })
}

/// Without recursion, as all that follows a tree of others: this runs on a host thread's small
/// stack.
fn copy_with_links(from: &Path, to: &Path) -> io::Result<()> {
    let mut queue = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = queue.pop() {
        let kind = from.symlink_metadata()?.file_type();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
        } else if kind.is_dir() {
            queue.extend(made_folder(&from, &to)?);
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// A link to a folder could lead in circles, so it is refused too.
fn copy_resolved(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    let mut queue = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = queue.pop() {
        let real = from.canonicalize()?;
        let is_link = real != from;
        if !real.starts_with(root) || (is_link && real.is_dir()) {
            let message = format!(
                "stricter than Osaurus: the link {} leads out of the shared folder, or to a folder",
                from.display()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        if real.is_dir() {
            queue.extend(made_folder(&real, &to)?);
        } else {
            fs::copy(&real, to)?;
        }
    }
    Ok(())
}

/// Makes the folder `to`, and tells what of `from` goes where in it.
fn made_folder(from: &Path, to: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    fs::create_dir(to)?;
    let entries = fs::read_dir(from)?;
    let place = |entry: io::Result<fs::DirEntry>| {
        let name = entry?.file_name();
        Ok((from.join(&name), to.join(&name)))
    };
    entries.map(place).collect()
}

fn describe(target: &Path, wanted: &ToShare) -> io::Result<Value> {
    let is_directory = target.is_dir();
    let mime = if is_directory {
        "inode/directory"
    } else {
        media_type::of_artifact(target)
    };
    let mut artifact = json!({
        "filename": target.file_name().unwrap_or_default().to_string_lossy(),
        "mime_type": mime,
        "size": size(target)?,
        "host_path": target,
        "is_directory": is_directory,
    });
    if let Some(description) = &wanted.description {
        artifact["description"] = description.clone().into();
    }
    Ok(artifact)
}

/// Bytes of a file, or of all files beneath a folder.
fn size(path: &Path) -> io::Result<u64> {
    let (mut bytes, mut left) = (0, vec![path.to_owned()]);
    while let Some(path) = left.pop() {
        let facts = path.symlink_metadata()?;
        if !facts.is_dir() {
            bytes += facts.len();
            continue;
        }
        for entry in fs::read_dir(path)? {
            left.push(entry?.path());
        }
    }
    Ok(bytes)
}

/// Calls every plugin that handles artifacts, all at once and without an agent, and waits for all
/// of them.
pub(crate) fn notify(host: &Arc<HostCore>, artifact: &Value) {
    let handles = |plugin: &&Arc<crate::plugin::loaded::LoadedPlugin>| {
        plugin.abi() >= 2 && plugin.manifest().capabilities.artifact_handler == Some(true)
    };
    let handlers: Vec<_> = host
        .plugins
        .lock()
        .iter()
        .filter(handles)
        .cloned()
        .collect();
    let (sender, done) = channel();
    for plugin in handlers {
        let (payload, sender) = (json::canonical(artifact), sender.clone());
        host.pool.run(move || {
            if let Err(error) = plugin.try_invoke_raw("artifact", "share", &payload, None) {
                let message = format!("the artifact handler failed: {error}");
                plugin.context().services.warn(plugin.id(), None, &message);
            }
            drop(sender);
        });
    }
    drop(sender);
    let _: Result<(), _> = done.recv();
}
