//! What a scripted plugin carries inside its library: manifest, settings and files, and how they
//! get in and out. Used by the shim (reads its own payload) and by the command line (packs,
//! injects, inspects). Knows neither the Osaurus ABI nor any script language; no FFI, no unsafe.
#![forbid(unsafe_code)]

mod archive;
mod bytes;
mod cache;
mod config;
pub mod contents;
pub mod durable;
mod elf;
mod error;
mod files;
mod format;
mod gzip;
mod in_use;
mod index;
mod inject;
mod macho;
mod macho_sign;
pub mod own_folder;
mod shared;

pub use cache::{Unpacked, check_cache};
pub use config::{BridgeConfig, CONFIG_FORMAT, EventHandlers, HandlerConfig, Mode, Role, Shared};
pub use error::PayloadError;
pub use files::Files;
pub use format::{HEADER_LEN, MAGIC, Payload, PayloadHead};
pub use in_use::COMPILED_CODE;
pub use inject::{PayloadInFile, inject, read_from_file};
pub use shared::SharedArchive;
