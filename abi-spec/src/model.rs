//! The ABI as plain values: what the loader fills and what generators, layouts and hosts read.
//! Holds no parsing, no I/O and no opinion about any target language.

/// The whole specification. Order is meaningful everywhere: it is the order of the tables in
/// memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Named integer constants, in groups (`abi_version`, `log_level`, `task_event`).
    pub constants: Vec<ConstantGroup>,
    /// Named text constants: reserved keys, header names, well-known ids.
    pub strings: Vec<NamedString>,
    /// The host's function table, `osr_host_api`.
    pub host: Table,
    /// The plugin's function table, `osr_plugin_api`.
    pub plugin: Table,
    /// The symbols a plugin may export.
    pub entries: Vec<Entry>,
    /// The layouts that all said "version 2", oldest first (2a to 2e).
    pub revisions: Vec<Revision>,
    /// ABI versions 1 to 6: what each adds and which hosts advertised it.
    pub versions: Vec<Version>,
    /// Every JSON object that crosses the boundary.
    pub records: Vec<Record>,
    /// Closed sets of strings used by record fields.
    pub enums: Vec<StringEnum>,
    /// Every error code the host can return in an envelope.
    pub errors: Vec<ErrorCode>,
    /// Numbers that the host enforces.
    pub limits: Vec<Limit>,
    /// Places where the documents and the implementation disagree.
    pub quirks: Vec<Quirk>,
    /// Types of messages between the shim and a worker.
    pub worker_messages: Vec<WorkerConstant>,
    /// What a worker takes calls on, in READY.
    pub worker_ready: Vec<WorkerConstant>,
    /// Limits of these messages.
    pub worker_limits: Vec<WorkerConstant>,
}

/// A number of the worker protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerConstant {
    /// Name, snake case.
    pub name: String,
    /// The number.
    pub value: i64,
    /// What it is.
    pub doc: String,
}

/// A group of integer constants that becomes one enumeration.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantGroup {
    /// Group name, snake case.
    pub name: String,
    /// What the group is for.
    pub doc: String,
    /// Prefix of the C names, for example `OSR_LOG_`.
    pub c_prefix: String,
    /// The constants in declaration order.
    pub items: Vec<Constant>,
}

/// One integer constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Name without the group's prefix, snake case.
    pub name: String,
    /// Value as it crosses the boundary.
    pub value: i64,
    /// What it means.
    pub doc: String,
    /// First version (and revision inside version 2) that knows it.
    pub since: Since,
    /// Record that goes with it as payload, if any (task events).
    pub payload: Option<String>,
    /// False for constants that hosts define but never emit.
    pub emitted: bool,
}

/// A string with a fixed meaning on both sides of the boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedString {
    /// Name, snake case.
    pub name: String,
    /// The text itself.
    pub value: String,
    /// What it means.
    pub doc: String,
}

/// A version, and inside version 2 the header revision.
///
/// As a *level* (which host, which header) version 2 without a revision means its last revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since {
    /// ABI version, 1 to 6.
    pub version: u32,
    /// `2a` to `2e`; only with version 2.
    pub revision: Option<String>,
}

/// One of the two function tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// C type name, for example `osr_host_api`.
    pub c_name: String,
    /// What the table is and who fills it.
    pub doc: String,
    /// Members in memory order, `version` included.
    pub members: Vec<Member>,
}

/// A member of a table.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a table has one version field and dozens of slots"
)]
pub enum Member {
    /// The `uint32_t version` field.
    Version {
        /// What a reader may conclude from it.
        doc: String,
        /// First version with the field.
        since: Since,
    },
    /// A function pointer.
    Slot(Slot),
}

/// A function pointer in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// C member name.
    pub name: String,
    /// What the function does, for people.
    pub doc: String,
    /// First version (and revision) that has it.
    pub since: Since,
    /// Topic that groups slots in documents and wrappers (`config`, `db`, `log`, `tasks`,
    /// `inference`, ...).
    pub group: String,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// What comes back.
    pub returns: Return,
    /// How long a call may take.
    pub blocking: Blocking,
    /// Which thread may call it.
    pub thread: ThreadRule,
    /// True when the result depends on the agent of the calling frame.
    pub agent_bound: bool,
    /// True when a plugin table without it is refused; for host slots always true.
    pub required: bool,
    /// Kept for layout only, without effect; the text says what replaced it.
    pub reserved: Option<String>,
    /// Still works but should not be used; the text says what replaces it.
    pub deprecated: Option<String>,
    /// What a plugin does on a host that lacks the function, where it can do more than fail with
    /// `unavailable`.
    pub without: Option<String>,
    /// Codes of [`ErrorCode`] that the function can return.
    pub errors: Vec<String>,
    /// Numbers of [`Quirk`] that concern it.
    pub quirks: Vec<u32>,
}

/// A parameter of a slot or callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// C parameter name.
    pub name: String,
    /// What it holds.
    pub doc: String,
    /// Its C type.
    pub ty: CType,
    /// What NULL means, or `None` when NULL is not accepted.
    pub null: Option<String>,
    /// Who owns the memory and how long it lives.
    pub ownership: Ownership,
    /// First version (and revision) that has it.
    pub since: Since,
    /// Record of its JSON text, if it is JSON.
    pub record: Option<String>,
}

/// C types that cross the boundary: a closed set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CType {
    /// `const char*`, UTF-8, NUL-terminated.
    String,
    /// `int`, 32 bits.
    Int,
    /// `void*`, handed back untouched.
    Opaque,
    /// `osr_plugin_ctx_t`.
    Context,
    /// `void (*)(const char* chunk_json, void* user_data)`.
    ChunkCallback,
    /// `const osr_host_api*`.
    HostApi,
    /// `const osr_plugin_api*`.
    PluginApi,
    /// Nothing; only as a return type.
    Void,
}

/// Who owns the memory that a pointer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// A plain value, nothing to own.
    Value,
    /// Valid during the call only; the callee copies what it keeps.
    Borrowed,
    /// The receiver frees it with the host's `free_string` (v6) or libc `free` (v2 to v5).
    FreeWithHost,
    /// The host copies it, then frees it with the plugin's `free_string`.
    FreeWithPlugin,
    /// Lives as long as the plugin's image or host context.
    Static,
    /// Ownership passes to the callee for good (`free_string`, `destroy`).
    Consumed,
}

/// A return value.
#[derive(Debug, Clone, PartialEq)]
pub struct Return {
    /// Its C type.
    pub ty: CType,
    /// What it holds; empty for void.
    pub doc: String,
    /// When NULL comes back, or `None` if never.
    pub null: Option<String>,
    /// Who frees it.
    pub ownership: Ownership,
    /// Record of its JSON text on success, if it is JSON.
    pub record: Option<String>,
    /// Record of its JSON text on failure, if the function can fail that way.
    pub error_record: Option<String>,
}

/// How long a call may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocking {
    /// Returns at once.
    No,
    /// Returns within the given bound or soon; the text says why it may wait.
    Short(String),
    /// May take long; the text says until when.
    Yes(String),
}

/// Which thread may make or receives a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadRule {
    /// Only the thread on which the host called in: plugin and agent are thread-local there.
    Frame,
    /// Any thread, at any time.
    Any,
    /// The host's loader thread, one plugin at a time.
    Loader,
    /// A host queue that runs calls in parallel.
    Concurrent,
    /// A host queue that runs one call at a time per plugin.
    SerialPerPlugin,
    /// A host queue that runs one call at a time per task.
    SerialPerTask,
}

/// An exported symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Symbol name.
    pub symbol: String,
    /// What it gives and when it is looked up.
    pub doc: String,
    /// First version that looks for it.
    pub since: Since,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// What comes back.
    pub returns: Return,
}

/// One of the layouts that all said "version 2".
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// `2a` to `2e`.
    pub name: String,
    /// First day it was shipped, `YYYY-MM-DD`.
    pub date: String,
    /// What changed against the one before.
    pub doc: String,
    /// The plugin table's last member in this revision.
    pub plugin_last: String,
    /// That member in full, where a later revision put another function in its place.
    pub superseded: Option<Slot>,
}

/// An ABI version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 1 to 6.
    pub number: u32,
    /// What it brought.
    pub doc: String,
    /// Whether a host that advertises exactly this version was ever shipped, and when.
    pub shipped: String,
    /// Symbol that a plugin of this version exports.
    pub entry: String,
}

/// A JSON object that crosses the boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Name in UpperCamelCase.
    pub name: String,
    /// What it is.
    pub doc: String,
    /// Fields in documentation order.
    pub fields: Vec<Field>,
    /// True when unknown keys are kept or ignored rather than refused.
    pub open: bool,
    /// When not empty, the object is one of these records (an untagged union) and has no fields of
    /// its own.
    pub variants: Vec<String>,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// JSON key.
    pub name: String,
    /// What it holds, with units.
    pub doc: String,
    /// Its JSON type.
    pub ty: JsonType,
    /// Must it be present?
    pub required: bool,
    /// May it be `null`?
    pub nullable: bool,
    /// First version (and revision) that has it.
    pub since: Since,
    /// Still accepted but without effect or replaced; says by what.
    pub deprecated: Option<String>,
    /// Default that the host assumes, as JSON text.
    pub default: Option<String>,
    /// Numbers of quirks that concern it.
    pub quirks: Vec<u32>,
}

/// JSON types of fields.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonType {
    /// Text.
    String,
    /// A whole number that fits 64 bits.
    Integer,
    /// Any finite number.
    Number,
    /// true or false.
    Boolean,
    /// Anything.
    Any,
    /// One of the named [`StringEnum`]'s values.
    Enum(String),
    /// The named [`Record`].
    Record(String),
    /// A list.
    Array(Box<JsonType>),
    /// An object with free keys and values of one type.
    Map(Box<JsonType>),
    /// One of several types, tried in order.
    OneOf(Vec<JsonType>),
}

/// A closed set of strings.
#[derive(Debug, Clone, PartialEq)]
pub struct StringEnum {
    /// Name in UpperCamelCase.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Values with their meaning.
    pub values: Vec<(String, String)>,
}

/// An error code of an envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorCode {
    /// The code as it crosses the boundary.
    pub code: String,
    /// When it is returned.
    pub doc: String,
    /// What an author should do.
    pub hint: String,
    /// Extra fields beside `error` and `message`.
    pub extra: Vec<Field>,
    /// False for codes that are documented but never produced.
    pub produced: bool,
    /// Record of the envelope that carries it.
    pub record: String,
}

/// A number that the host enforces.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Name in snake case.
    pub name: String,
    /// The number.
    pub value: u64,
    /// Its unit (`bytes`, `ms`, `s`, `calls`, `tasks`, ...).
    pub unit: String,
    /// What happens beyond it.
    pub doc: String,
    /// Slots it applies to.
    pub slots: Vec<String>,
}

/// A place where the documents and the implementation disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct Quirk {
    /// Stable number.
    pub number: u32,
    /// A few words that name it.
    pub topic: String,
    /// What the documents say.
    pub documented: String,
    /// What the implementation does.
    pub actual: String,
}
