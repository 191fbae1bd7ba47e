//! Targets that plugins are built for, and the prebuilt parts of each: the shim that becomes the
//! plugin and the Python engine. The one place that knows target names, their library names and
//! where parts are searched.

use crate::failure::Failure;
use crate::paths;
use std::path::PathBuf;

/// A folder of folders named after targets; searched before those that come with the program.
pub const VARIABLE: &str = "OSAURUS_BRIDGE_PARTS";

/// What a library is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Target {
    /// Apple silicon
    #[value(name = "macos-arm64")]
    MacosArm64,
    /// Macs with an Intel processor
    #[value(name = "macos-x86_64")]
    MacosX86_64,
    /// Linux on 64-bit Intel and AMD processors
    #[value(name = "linux-x86_64")]
    LinuxX86_64,
    /// Linux on 64-bit ARM processors
    #[value(name = "linux-arm64")]
    LinuxArm64,
}

/// All targets.
const ALL: [Target; 4] = [
    Target::MacosArm64,
    Target::MacosX86_64,
    Target::LinuxX86_64,
    Target::LinuxArm64,
];

impl Target {
    /// This machine.
    pub fn here() -> Result<Target, Failure> {
        let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
        let processor = if processor == "aarch64" {
            "arm64"
        } else {
            processor
        };
        let here = format!("{system}-{processor}");
        let target = ALL.into_iter().find(|target| target.name() == here);
        target.ok_or_else(|| {
            let all = ALL.map(Target::name).join(", ");
            Failure::new(
                format!("plugins cannot be built for this machine ({here})"),
                format!("build for another with --target, one of: {all}"),
            )
        })
    }

    /// As in `--target`.
    pub fn name(self) -> &'static str {
        match self {
            Target::MacosArm64 => "macos-arm64",
            Target::MacosX86_64 => "macos-x86_64",
            Target::LinuxX86_64 => "linux-x86_64",
            Target::LinuxArm64 => "linux-arm64",
        }
    }

    /// Whether its system is macOS.
    pub fn is_macos(self) -> bool {
        matches!(self, Target::MacosArm64 | Target::MacosX86_64)
    }

    /// How names of its libraries end, with the dot.
    pub fn library_suffix(self) -> &'static str {
        if self.is_macos() { ".dylib" } else { ".so" }
    }

    /// The targets that a file has native code for, from its first bytes. Empty for files that are
    /// not native code.
    pub fn of_code(start: &[u8]) -> Vec<Target> {
        match start.get(..4) {
            Some(b"\x7fELF") => elf(start).into_iter().collect(),
            Some([0xcf, 0xfa, 0xed, 0xfe]) => {
                little(start, 4).and_then(macos).into_iter().collect()
            }
            Some([0xca, 0xfe, 0xba, 0xbe]) => universal(start),
            _ => Vec::new(),
        }
    }
}

/// 64-bit ELF for Linux, by its machine.
fn elf(start: &[u8]) -> Option<Target> {
    match little(start, 18)? & 0xffff {
        62 => Some(Target::LinuxX86_64),
        183 => Some(Target::LinuxArm64),
        _ => None,
    }
}

fn macos(processor: u32) -> Option<Target> {
    match processor {
        0x0100_0007 => Some(Target::MacosX86_64),
        0x0100_000c => Some(Target::MacosArm64),
        _ => None,
    }
}

/// Several Mach-O files in one. Java classes begin alike; what follows is more than any such file
/// has.
fn universal(start: &[u8]) -> Vec<Target> {
    let big = |at: usize| little(start, at).map(u32::swap_bytes);
    let count = big(4).filter(|count| *count < 20).unwrap_or(0) as usize;
    let processors = (0..count).filter_map(|index| big(8 + 20 * index));
    processors.filter_map(macos).collect()
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// The prebuilt shim that becomes the plugin.
pub fn shim(target: Target) -> Result<PathBuf, Failure> {
    part(target, "osaurus_shim")
}

/// The engine that runs Python inside the host's process.
pub fn python_engine(target: Target) -> Result<PathBuf, Failure> {
    part(target, "osaurus_python_engine")
}

/// The targets whose shim is there.
pub fn present() -> Vec<Target> {
    let is_there = |target: &Target| shim(*target).is_ok();
    ALL.into_iter().filter(is_there).collect()
}

fn part(target: Target, stem: &str) -> Result<PathBuf, Failure> {
    let file = format!("lib{stem}{}", target.library_suffix());
    let mut paths = folders(target).into_iter().map(|folder| folder.join(&file));
    paths
        .find(|path| path.is_file())
        .ok_or_else(|| missing(target, &file))
}

/// Where the parts of a target are looked for, in order.
fn folders(target: Target) -> Vec<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty());
    let beside = paths::part_folders();
    let mut folders: Vec<PathBuf> = named
        .map(|folder| PathBuf::from(folder).join(target.name()))
        .into_iter()
        .collect();
    folders.extend(
        beside
            .iter()
            .map(|folder| folder.join("parts").join(target.name())),
    );
    if Target::here().is_ok_and(|here| here == target) {
        folders.extend(beside);
    }
    folders
}

fn missing(target: Target, file: &str) -> Failure {
    let list = |items: Vec<String>| match items.is_empty() {
        true => "none".to_string(),
        false => items.join(", "),
    };
    let looked = folders(target)
        .into_iter()
        .map(|folder| folder.display().to_string());
    let present = ALL.into_iter().filter(|other| {
        *other != target
            && folders(*other)
                .iter()
                .any(|folder| has_shim(folder, *other))
    });
    let name = target.name();
    Failure::new(
        format!(
            "this installation has no parts for {name}: {file} is missing (looked in {}); there \
             are parts for: {}",
            list(looked.collect()),
            list(present.map(|other| other.name().to_string()).collect()),
        ),
        format!(
            "install an osaurus-bridge that brings them, or name a folder that holds {name}/ with \
             {VARIABLE}{}",
            in_the_sources(target)
        ),
    )
}

fn has_shim(folder: &std::path::Path, target: Target) -> bool {
    let file = format!("libosaurus_shim{}", target.library_suffix());
    folder.join(file).is_file()
}

/// How the parts are made from the source folder, where there is a way from here.
fn in_the_sources(target: Target) -> String {
    let command = match target {
        Target::MacosArm64 => "script/build-macos-parts",
        _ if Target::here().is_ok_and(|here| here == target) => "make build",
        _ => return String::new(),
    };
    format!("; in the source folder of osaurus-bridge: {command}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_code_is_told_by_its_first_bytes() {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(64, 0);
        elf[18] = 183;
        assert_eq!(Target::of_code(&elf), [Target::LinuxArm64]);
        elf[18] = 62;
        assert_eq!(Target::of_code(&elf), [Target::LinuxX86_64]);
        let thin = [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];
        assert_eq!(Target::of_code(&thin), [Target::MacosArm64]);
        let mut both = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2];
        for processor in [[1, 0, 0, 7], [1, 0, 0, 0x0c]] {
            both.extend(processor);
            both.extend([0; 16]);
        }
        assert_eq!(
            Target::of_code(&both),
            [Target::MacosX86_64, Target::MacosArm64]
        );
        let java = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 1, 0, 0, 7];
        assert!(Target::of_code(&java).is_empty());
        assert!(Target::of_code(b"\x7fEL").is_empty() && Target::of_code(b"\x7fELF").is_empty());
    }
}
