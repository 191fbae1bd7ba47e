//! What is done over and over, each in a child process of its own: calls, starts, loads. Prints one
//! JSON sample per tenth of the work. Every answer is looked at, so that no phase can soak an error
//! path by mistake.

use crate::memory::{self, Sample};
use osaurus_direct_host::{Ctx, Image, Plugin, c_string, is_open, log_from};
use serde_json::Value;
use std::ffi::CString;
use std::io::Write;
use std::path::Path;

/// One way to use a plugin many times.
pub struct Phase {
    /// Its name on the child's command line.
    pub name: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How often at full scale.
    pub count: u64,
    /// What the script is written in.
    pub language: Language,
    /// How the script runs.
    pub mode: &'static str,
    run: fn(&Path, u64) -> Result<(), String>,
}

/// A language that the soak's plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    TypeScript,
}

/// All phases, in the order they run.
pub const PHASES: [Phase; 10] = [
    Phase {
        name: "calls-embedded",
        title: "calls, Python in the host's process",
        unit: "call",
        count: 1_000_000,
        language: Language::Python,
        mode: "embedded",
        run: calls,
    },
    Phase {
        name: "calls-worker",
        title: "calls, Python in a worker process",
        unit: "call",
        count: 100_000,
        language: Language::Python,
        mode: "worker",
        run: calls,
    },
    Phase {
        name: "calls-node",
        title: "calls, Node in a worker process",
        unit: "call",
        count: 1_000_000,
        language: Language::TypeScript,
        mode: "worker",
        run: calls,
    },
    Phase {
        name: "calls-node-embedded",
        title: "calls, Node in the host's process",
        unit: "call",
        count: 1_000_000,
        language: Language::TypeScript,
        mode: "embedded",
        run: calls,
    },
    Phase {
        name: "starts",
        title: "entry, init, get_manifest, destroy in one image",
        unit: "round",
        count: 10_000,
        language: Language::Python,
        mode: "embedded",
        run: starts,
    },
    Phase {
        name: "loads",
        title: "dlopen, entry, init, get_manifest, destroy, dlclose",
        unit: "round",
        count: 10_000,
        language: Language::Python,
        mode: "embedded",
        run: loads,
    },
    Phase {
        name: "loads-node",
        title: "the same, with a plugin in TypeScript",
        unit: "round",
        count: 10_000,
        language: Language::TypeScript,
        mode: "worker",
        run: loads,
    },
    Phase {
        name: "scripts",
        title: "init, first call, destroy: the script loaded and unloaded",
        unit: "round",
        count: 500,
        language: Language::Python,
        mode: "embedded",
        run: scripts,
    },
    Phase {
        name: "scripts-node",
        title: "the same, with a plugin in TypeScript and its worker",
        unit: "round",
        count: 200,
        language: Language::TypeScript,
        mode: "worker",
        run: scripts,
    },
    Phase {
        name: "scripts-node-embedded",
        title: "the same, with a thread of the Node in the host's process",
        unit: "round",
        count: 500,
        language: Language::TypeScript,
        mode: "embedded",
        run: scripts,
    },
];

/// Runs a phase in this process.
pub fn run(name: &str, library: &Path, count: u64) -> Result<(), String> {
    // The errors that are provoked need not be shown.
    log_from(i32::MAX);
    let phase = PHASES.iter().find(|phase| phase.name == name);
    let phase = phase.ok_or_else(|| format!("there is no phase {name}"))?;
    (phase.run)(library, count)
}

/// Does a round `count` times and takes a sample after each tenth.
fn repeat(
    count: u64,
    mut round: impl FnMut(u64) -> Result<(), String>,
    mut sample: impl FnMut(u64) -> Result<Sample, String>,
) -> Result<(), String> {
    for tenth in 1..=10 {
        for number in count * (tenth - 1) / 10..count * tenth / 10 {
            round(number)?;
        }
        let sample = sample(count * tenth / 10)?;
        let line = serde_json::to_string(&sample).map_err(|error| error.to_string())?;
        println!("{line}");
        let _ = std::io::stdout().flush();
    }
    Ok(())
}

fn own_memory(done: u64) -> Sample {
    Sample {
        done,
        resident: Some(memory::resident(std::process::id())),
        heap: memory::heap(),
        blocks: None,
        script_heap: None,
        worker: None,
    }
}

fn check(answer: Option<String>, part: &str) -> Result<(), String> {
    match answer {
        Some(text) if text.contains(part) => Ok(()),
        other => Err(format!("expected {part:?} in the answer, found {other:?}")),
    }
}

/// The calls of the mix, made once.
struct Mix {
    note: [CString; 2],
    later: [CString; 2],
    refuse: [CString; 2],
    objects: [CString; 2],
    page: CString,
}

const NOTE: &str = r#"{"title":"Shopping list","stars":3}"#;

impl Mix {
    fn new() -> Self {
        let route = r#"{"route_id":"page","method":"GET","path":"/page","plugin_id":"dev.test.soak","headers":{},"query":{},"path_params":{},"body":"","body_encoding":"utf8","remote_addr":"","osaurus":{"base_url":"http://127.0.0.1:1338","plugin_url":"http://127.0.0.1:1338/plugins/dev.test.soak","agent_address":""}}"#;
        Self {
            note: ["note", NOTE].map(c_string),
            later: ["note_async", NOTE].map(c_string),
            refuse: ["refuse", r#"{"title":"Shopping list"}"#].map(c_string),
            objects: ["objects", "{}"].map(c_string),
            page: c_string(route),
        }
    }

    /// Of fifty calls one fails, one is a route; every twentieth is asynchronous; the rest is `def`
    /// with host calls.
    fn call(&self, plugin: &Plugin, number: u64) -> Result<(), String> {
        let tool = |[tool, payload]: &[CString; 2]| plugin.invoke(tool, payload);
        match number {
            n if n % 50 == 7 => check(tool(&self.refuse), "no note 'Shopping list'"),
            n if n % 50 == 33 => check(plugin.route(&self.page), "<p>/page</p>"),
            n if n % 20 == 0 => check(tool(&self.later), r#""greeting":"twenty bytes of text""#),
            _ => check(tool(&self.note), r#""greeting":"twenty bytes of text""#),
        }
    }

    /// What the script's runtime counts of its own, and its process.
    fn objects(&self, plugin: &Plugin) -> Result<Objects, String> {
        let [tool, payload] = &self.objects;
        let answer = plugin.invoke(tool, payload).unwrap_or_default();
        Objects::read(&answer)
    }
}

/// The answer of the tool `objects`: blocks in Python, bytes in JavaScript.
struct Objects {
    blocks: Option<u64>,
    heap: Option<u64>,
    pid: u32,
}

impl Objects {
    fn read(answer: &str) -> Result<Self, String> {
        let envelope: Value = serde_json::from_str(answer).unwrap_or_default();
        let number = |key: &str| envelope["result"][key].as_u64();
        let objects = Self {
            blocks: number("blocks"),
            heap: number("heap"),
            pid: number("pid")
                .and_then(|pid| pid.try_into().ok())
                .unwrap_or(0),
        };
        if objects.pid == 0 || objects.blocks.or(objects.heap).is_none() {
            return Err(format!("the tool `objects` answered {answer}"));
        }
        Ok(objects)
    }

    /// Where V8 counts its own memory, that of its process says little.
    fn is_v8_here(&self) -> bool {
        self.heap.is_some() && self.pid == std::process::id()
    }
}

fn calls(library: &Path, count: u64) -> Result<(), String> {
    let plugin = Plugin::load(library)?;
    let mix = Mix::new();
    let sample = |done| {
        let objects = mix.objects(&plugin)?;
        let (here, counted) = (objects.pid == std::process::id(), objects.heap.is_some());
        let own = own_memory(done);
        Ok(Sample {
            resident: own.resident.filter(|_| !objects.is_v8_here()),
            blocks: objects.blocks,
            script_heap: objects.heap,
            worker: (!here && !counted).then(|| memory::resident(objects.pid)),
            ..own
        })
    };
    repeat(count, |number| mix.call(&plugin, number), sample)?;
    plugin.unload();
    Ok(())
}

/// One life of a plugin, up to `destroy`; the script runs only if `between` calls it.
fn life(image: &Image, between: impl FnOnce(Ctx) -> Result<(), String>) -> Result<(), String> {
    let ctx = image.init();
    if ctx.is_null() {
        return Err("init returned NULL".into());
    }
    check(image.manifest(ctx), r#""plugin_id":"dev.test.soak""#)?;
    between(ctx)?;
    image.destroy(ctx);
    Ok(())
}

fn starts(library: &Path, count: u64) -> Result<(), String> {
    let mut image = Image::open(library)?;
    let round = |_| {
        image.enter_again()?;
        life(&image, |_| Ok(()))
    };
    repeat(count, round, |done| Ok(own_memory(done)))
}

fn loads(library: &Path, count: u64) -> Result<(), String> {
    let round = |number| {
        let image = Image::open(library)?;
        life(&image, |_| Ok(()))?;
        image.close()?;
        if is_open(library) {
            return Err(format!("after round {number} the library is still loaded"));
        }
        Ok(())
    };
    repeat(count, round, |done| Ok(own_memory(done)))
}

fn scripts(library: &Path, count: u64) -> Result<(), String> {
    let mix = Mix::new();
    let mut image = Image::open(library)?;
    let objects = std::cell::Cell::new(None);
    let round = |_| {
        image.enter_again()?;
        life(&image, |ctx| {
            let [tool, payload] = &mix.note;
            let answer = image.invoke(ctx, tool, payload);
            check(answer, r#""greeting":"twenty bytes of text""#)?;
            let [tool, payload] = &mix.objects;
            let answer = image.invoke(ctx, tool, payload).unwrap_or_default();
            objects.set(Some(Objects::read(&answer)?));
            Ok(())
        })
    };
    let sample = |done| {
        let objects: Option<Objects> = objects.take();
        let own = own_memory(done);
        Ok(Sample {
            resident: own
                .resident
                .filter(|_| !objects.as_ref().is_some_and(Objects::is_v8_here)),
            blocks: objects.and_then(|objects| objects.blocks),
            ..own
        })
    };
    repeat(count, round, sample)
}
