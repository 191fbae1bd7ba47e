//! `osaurus-bridge sign`: signatures that the registry asks for. An archive gets a minisign
//! signature beside it, a library an Apple code signature in it; the ad-hoc one that `build` gives
//! is enough for an install of one's own.

pub mod code;
pub mod minisign;

use crate::build::shown;
use crate::failure::{Failure, OrFail};
use crate::terminal::say;
use code::CodeSigning;
use minisign::KeyFile;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file that is signed: Osaurus reads no larger archive.
const MOST_BYTES: u64 = 256 << 20;

/// Arguments of `sign`.
#[derive(clap::Args)]
pub struct Args {
    /// The archive (.zip), or the library (.dylib)
    file: PathBuf,
    #[command(flatten)]
    key: KeyFile,
    /// Where the signature of an archive goes [default: beside it, with .minisig]
    #[arg(long)]
    signature: Option<PathBuf>,
    /// The signed comment [default: the time and the file's name]
    #[arg(long)]
    trusted_comment: Option<String>,
    /// The comment above the signature, which is not signed
    #[arg(long, default_value = minisign::UNTRUSTED_COMMENT)]
    untrusted_comment: String,
    #[command(flatten)]
    code: CodeSigning,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let is_library = args.file.extension().is_some_and(|end| end == "dylib");
    match (is_library, args.key.is_given(), args.code.is_given()) {
        (true, false, true) => args.code.sign(&args.file)?,
        (false, true, false) => sign_archive(args)?,
        (true, ..) => {
            return Err(Failure::new(
                "a library is signed with a certificate for code",
                "add --identity NAME on a Mac, or --p12 FILE where rcodesign is installed; a key \
                 of minisign is for the archive",
            ));
        }
        (false, ..) => {
            return Err(Failure::new(
                "an archive is signed with a key of minisign",
                "add --key FILE; certificates are for libraries, and `package` takes them",
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sign_archive(args: &Args) -> Result<(), Failure> {
    let bytes = read(&args.file)?;
    let key = args.key.read()?;
    let name = args
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let trusted = args
        .trusted_comment
        .clone()
        .unwrap_or_else(|| minisign::trusted_comment(&name));
    let text = key.sign(&bytes, &trusted, &args.untrusted_comment)?;
    let path = args
        .signature
        .clone()
        .unwrap_or_else(|| signature_path(&args.file));
    std::fs::write(&path, text).or_fail(
        format!("cannot write {}", path.display()),
        "check the folder's permissions",
    )?;
    say!(
        "signed {} with the key {}",
        shown(&args.file).display(),
        key.public_key()
    );
    say!("  {}", shown(&path).display());
    Ok(())
}

/// Where an archive's signature is.
pub fn signature_path(archive: &Path) -> PathBuf {
    archive.with_added_extension("minisig")
}

/// Reads a file that is to be signed.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = || format!("cannot read {}", path.display());
    let len = path
        .metadata()
        .or_fail(unreadable(), "check the name")?
        .len();
    if len > MOST_BYTES {
        return Err(Failure::new(
            format!(
                "{} has {len} bytes; Osaurus reads archives of at most {MOST_BYTES}",
                path.display()
            ),
            "make it smaller",
        ));
    }
    std::fs::read(path).or_fail(unreadable(), "check its permissions")
}
