//! Every sort of change, with its class, in one table.

/// What a change means for plugins that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No one notices.
    Compatible,
    /// No one breaks, but someone should know.
    Notice,
    /// Plugins that were right are wrong now.
    Breaking,
}

impl Class {
    /// The word for scripts.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Compatible => "compatible",
            Class::Notice => "notice",
            Class::Breaking => "breaking",
        }
    }

    /// The words for people.
    pub const fn title(self) -> &'static str {
        match self {
            Class::Compatible => "compatible",
            Class::Notice => "compatible with notice",
            Class::Breaking => "breaking",
        }
    }
}

/// A sort of change.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name, for example `abi::slot_moved`.
    pub id: &'static str,
    /// What it means for plugins.
    pub class: Class,
    /// Why it has that class, in a sentence.
    pub why: &'static str,
}

macro_rules! rules {
    ($($class:ident { $($name:ident = $id:literal, $why:literal;)* })*) => {
        $($(#[doc = $why] pub(crate) static $name: Rule = Rule { id: $id, class: Class::$class, why: $why };)*)*
        /// All rules, the breaking ones first.
        pub static RULES: &[&Rule] = &[$($(&$name),*),*];
    };
}

rules! {
    Breaking {
        SLOT_APPENDED_SILENTLY = "abi::slot_appended_silently",
            "A host of that version may lack it: nothing tells its table from the longer one.";
        SLOT_INSERTED = "abi::slot_inserted",
            "Tables only grow at the end: everything after it has moved.";
        SLOT_MOVED = "abi::slot_moved",
            "Functions are called by their place in the table.";
        SLOT_REMOVED = "abi::slot_removed",
            "A function that shipped keeps its place for good; reserve it instead.";
        SLOT_REPLACED = "abi::slot_replaced",
            "Another function in its place is called with the old one's arguments.";
        SLOT_TYPE = "abi::slot_type",
            "Arguments and results are passed as the caller's header says.";
        SLOT_SINCE = "abi::slot_since",
            "A version that shipped has other functions now than its hosts and plugins have.";
        TABLE_SIZE = "abi::table_size",
            "Members are padded otherwise, so what follows the table or its copy is read or \
             written.";
        TABLE_ALIGNMENT = "abi::table_alignment",
            "A table that is aligned otherwise has its members elsewhere.";
        PARAM_ADDED = "abi::param_added",
            "Callers that exist leave it out, and the callee reads what happens to be there.";
        PARAM_REMOVED = "abi::param_removed",
            "Callers that exist pass it, and what follows it arrives in the wrong place.";
        PARAM_TYPE = "abi::param_type",
            "Callers that exist pass the old type.";
        RETURN_TYPE = "abi::return_type",
            "Callers that exist take the result for the old type.";
        NULL_REFUSED = "abi::null_refused",
            "Plugins that exist pass NULL there.";
        NULL_NEW = "abi::null_new",
            "Plugins that exist do not look for NULL there.";
        OWNERSHIP = "abi::ownership",
            "Memory is freed twice or never when the two sides disagree who frees it.";
        PAYLOAD_TYPE = "abi::payload_type",
            "Plugins that exist write or read another JSON object.";
        THREAD_STRICTER = "abi::thread_stricter",
            "Plugins that exist use the freedom that is gone.";
        AGENT_BOUND = "abi::agent_bound",
            "Calls that worked anywhere now depend on the calling thread's agent.";
        SLOT_REQUIRED = "abi::slot_required",
            "Plugins that left it out are refused.";
        SLOT_RESERVED = "abi::slot_reserved",
            "Plugins that call it go on as if it had worked.";
        REQUEST_FIELD_REQUIRED = "abi::request_field_required",
            "Requests that exist leave it out and are refused.";
        REQUEST_FIELD_REFUSED = "abi::request_field_refused",
            "Requests that have it are refused, since the object takes no unknown keys.";
        REQUEST_NULL_REFUSED = "abi::request_null_refused",
            "Requests that exist have null there.";
        REQUEST_VALUE_REMOVED = "abi::request_value_removed",
            "Requests that exist have the value.";
        ANSWER_FIELD_REMOVED = "abi::answer_field_removed",
            "Plugins that exist read it.";
        ANSWER_FIELD_OPTIONAL = "abi::answer_field_optional",
            "Plugins that exist rely on it being there.";
        ANSWER_NULL_NEW = "abi::answer_null_new",
            "Plugins that exist do not look for null there.";
        FIELD_TYPE = "abi::field_type",
            "Plugins that exist write or read the old type.";
        RECORD_CLOSED = "abi::record_closed",
            "Objects with keys of their own were accepted and are refused now.";
        VARIANT_REMOVED = "abi::variant_removed",
            "Plugins that exist send that form.";
        CONSTANT_VALUE = "abi::constant_value",
            "The number is compiled into plugins.";
        CONSTANT_REMOVED = "abi::constant_removed",
            "Plugins that exist send or expect the number.";
        TEXT_VALUE = "abi::text_value",
            "The text is compiled into plugins.";
        TEXT_REMOVED = "abi::text_removed",
            "Plugins that exist send or expect the text.";
        LIMIT_LOWERED = "abi::limit_lowered",
            "Plugins that kept the old limit run into the new one.";
        VERSION_REMOVED = "abi::version_removed",
            "Plugins and hosts of that version exist.";
        ENTRY_REMOVED = "abi::entry_removed",
            "Plugins that export only this symbol no longer load.";
        ENTRY_TYPE = "abi::entry_type",
            "The host calls the symbol of plugins that exist by another type.";
    }
    Notice {
        CALLBACK_APPENDED = "abi::callback_appended",
            "Hosts must look at a plugin's version before they read it: older plugins' tables end \
             before it.";
        SLOT_RENAMED = "abi::slot_renamed",
            "Plugins that exist work; their source needs the new name.";
        BLOCKS_LONGER = "abi::blocks_longer",
            "Plugins that call it where they must be quick are slow now.";
        AGENT_FREE = "abi::agent_free",
            "Calls that were charged to an agent no longer are.";
        SLOT_REVIVED = "abi::slot_revived",
            "Old plugins that still call it now do something.";
        SLOT_DEPRECATED = "abi::slot_deprecated",
            "It works, but new plugins should not use it.";
        SLOT_ERROR_ADDED = "abi::slot_error_added",
            "Plugins that tell errors apart meet one that they do not know.";
        REQUEST_FIELD_IGNORED = "abi::request_field_ignored",
            "Requests that have it are accepted, but it does nothing any more.";
        ANSWER_VALUE_ADDED = "abi::answer_value_added",
            "Plugins that tell the values apart meet one that they do not know.";
        FIELD_DEFAULT = "abi::field_default",
            "Requests that leave it out now mean something else.";
        FIELD_DEPRECATED = "abi::field_deprecated",
            "It is accepted, but new plugins should not use it.";
        VARIANT_ADDED = "abi::variant_added",
            "Plugins that tell the forms apart meet one that they do not know.";
        CONSTANT_EMITTED = "abi::constant_emitted",
            "Hosts now send a value that they only defined before.";
        CONSTANT_SILENT = "abi::constant_silent",
            "Hosts no longer send a value that plugins may wait for.";
        ERROR_ADDED = "abi::error_added",
            "Plugins that tell errors apart meet one that they do not know.";
        LIMIT_ADDED = "abi::limit_added",
            "Plugins may run into a limit that was not there.";
    }
    Compatible {
        SLOT_APPENDED = "abi::slot_appended",
            "Plugins that exist do not know it; new ones look at the host's version first.";
        PARAM_NAME = "abi::param_name",
            "Names of parameters are not compiled into anything.";
        NULL_ACCEPTED = "abi::null_accepted",
            "Plugins that exist pass no NULL there.";
        NULL_GONE = "abi::null_gone",
            "Looking for NULL does no harm.";
        THREAD_LOOSER = "abi::thread_looser",
            "What plugins that exist do is still allowed.";
        BLOCKS_SHORTER = "abi::blocks_shorter",
            "Being slow blocks no one.";
        SLOT_OPTIONAL = "abi::slot_optional",
            "Plugins that exist have it.";
        SLOT_UNDEPRECATED = "abi::slot_undeprecated",
            "It works as before.";
        SLOT_ERROR_REMOVED = "abi::slot_error_removed",
            "Looking for it does no harm.";
        REQUEST_FIELD_ADDED = "abi::request_field_added",
            "Requests that leave it out mean what they meant.";
        REQUEST_FIELD_OPTIONAL = "abi::request_field_optional",
            "Requests that exist have it.";
        REQUEST_NULL_ACCEPTED = "abi::request_null_accepted",
            "Requests that exist have no null there.";
        REQUEST_VALUE_ADDED = "abi::request_value_added",
            "Requests that exist do not use it.";
        ANSWER_FIELD_ADDED = "abi::answer_field_added",
            "Plugins ignore keys that they do not know.";
        ANSWER_FIELD_REQUIRED = "abi::answer_field_required",
            "Plugins that can do without it still can.";
        ANSWER_NULL_GONE = "abi::answer_null_gone",
            "Looking for null does no harm.";
        ANSWER_VALUE_REMOVED = "abi::answer_value_removed",
            "Looking for it does no harm.";
        FIELD_UNDEPRECATED = "abi::field_undeprecated",
            "It is accepted as before.";
        RECORD_OPENED = "abi::record_opened",
            "Objects that were accepted still are.";
        CONSTANT_ADDED = "abi::constant_added",
            "Plugins that exist do not know it.";
        TEXT_ADDED = "abi::text_added",
            "Plugins that exist do not know it.";
        ERROR_REMOVED = "abi::error_removed",
            "Looking for it does no harm.";
        LIMIT_RAISED = "abi::limit_raised",
            "Plugins that kept the old limit keep the new one.";
        LIMIT_REMOVED = "abi::limit_removed",
            "Plugins that kept it do no harm.";
        VERSION_ADDED = "abi::version_added",
            "Plugins that exist look for the versions that they know. It adds no function.";
        ENTRY_ADDED = "abi::entry_added",
            "Plugins that exist are found by the symbols that they have.";
        DOCUMENTATION = "abi::documentation",
            "Only what people read has changed.";
    }
}
