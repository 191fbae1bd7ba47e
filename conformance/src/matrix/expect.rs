//! What the ABI spec says about a plugin in a host: which symbol the host finds, which functions of
//! both tables work, and why others do not. Pure; `grid` compares the observed results with it.

use super::entry::{Entry, level};
use osaurus_abi_spec::layout;
use osaurus_abi_spec::model::{Entry as Symbol, Since, Slot, Spec};
use serde::Serialize;

/// What becomes of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It can be called and does what it says.
    Works,
    /// The host lacks it, or the plugin may not rely on it there. The plugin says so, or is not
    /// called.
    HostLacks,
    /// The plugin was built before it.
    PluginLacks,
    /// There is no reason to call it.
    NotCalled,
    /// The plugin takes the host for a longer one: reading the function is reading beyond the end
    /// of the table.
    Beyond,
    /// The plugin itself says that the host is too old for it.
    Refused,
    /// The plugin does not load.
    NotLoaded,
}

/// What becomes of a function, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// As in `host.log`, `plugin.invoke` and `entry.osaurus_plugin_entry`.
    pub function: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why not, in a sentence; empty for what works.
    pub why: String,
}

type Verdict = (Outcome, String);

const WORKS: Verdict = (Outcome::Works, String::new());

/// A plugin in a host.
pub struct Pair<'a> {
    /// The ABI.
    pub spec: &'a Spec,
    /// The plugin.
    pub plugin: &'a Entry,
    /// The host.
    pub host: &'a Since,
}

impl Pair<'_> {
    /// Every symbol and function: the plugin's symbols, the plugin's table, the host's table.
    pub fn expectations(&self) -> Vec<Expectation> {
        let symbols = self.spec.entries.iter();
        let symbols = symbols.map(|symbol| ("entry", &symbol.symbol, self.symbol_is(symbol)));
        let plugin = self.spec.plugin_slots();
        let plugin = plugin.map(|slot| {
            (
                "plugin",
                &slot.name,
                self.unless_broken(slot, Self::plugin_slot),
            )
        });
        let host = self.spec.host_slots();
        let host = host.map(|slot| {
            (
                "host",
                &slot.name,
                self.unless_broken(slot, Self::host_slot),
            )
        });
        symbols
            .chain(plugin)
            .chain(host)
            .map(|(side, name, (outcome, why))| Expectation {
                function: format!("{side}.{name}"),
                outcome,
                why,
            })
            .collect()
    }

    /// Whether the plugin loads.
    pub fn loads(&self) -> bool {
        self.symbol().is_some()
    }

    /// The symbol that the host finds first.
    fn symbol(&self) -> Option<&Symbol> {
        let mut functions = self
            .spec
            .entries
            .iter()
            .filter(|symbol| self.host.includes(&symbol.since));
        functions.find(|symbol| self.plugin.exports(symbol))
    }

    fn has_host_table(&self) -> bool {
        self.symbol()
            .is_some_and(|symbol| !symbol.params.is_empty())
    }

    fn symbol_is(&self, symbol: &Symbol) -> Verdict {
        let name = &symbol.symbol;
        match self.symbol() {
            Some(found) if found.symbol == *name => WORKS,
            _ if !self.host.includes(&symbol.since) => {
                let why = format!(
                    "hosts look for `{name}` since version {}",
                    symbol.since.version
                );
                (Outcome::HostLacks, why)
            }
            None => (Outcome::NotLoaded, self.no_symbol()),
            Some(_) if !self.plugin.exports(symbol) => (
                Outcome::PluginLacks,
                format!("the plugin does not export `{name}`"),
            ),
            Some(found) => (
                Outcome::NotCalled,
                format!("`{}` is found first", found.symbol),
            ),
        }
    }

    fn no_symbol(&self) -> String {
        let symbols = self
            .spec
            .entries
            .iter()
            .filter(|symbol| self.host.includes(&symbol.since));
        let symbols: Vec<&str> = symbols.map(|symbol| symbol.symbol.as_str()).collect();
        format!(
            "a host of version {} looks for {} alone, which the plugin does not export",
            self.host.version,
            symbols.join(" or ")
        )
    }

    fn unless_broken(&self, slot: &Slot, verdict: fn(&Self, &Slot) -> Verdict) -> Verdict {
        match self.loads() {
            true => verdict(self, slot),
            false => (Outcome::NotLoaded, self.no_symbol()),
        }
    }

    /// The plugin's own word that the host is too old.
    fn refused(&self) -> Option<Verdict> {
        let oldest = level(self.plugin.oldest_host.as_deref()?);
        let why = || {
            format!(
                "the plugin says that it is for hosts from version {} on",
                oldest.version
            )
        };
        (oldest.version > self.host.version).then(|| (Outcome::Refused, why()))
    }

    fn plugin_slot(&self, slot: &Slot) -> Verdict {
        let runs_code = matches!(slot.group.as_str(), "tools" | "routes" | "events");
        if !level(&self.plugin.built_for).includes(&slot.since) {
            return (Outcome::PluginLacks, built_before(slot));
        }
        if !self.host.includes(&slot.since) {
            return (Outcome::HostLacks, older_than(slot));
        }
        if let (Some(refused), true) = (self.refused(), runs_code) {
            return refused;
        }
        // There is no event without a task of the plugin's own.
        let is_event = slot.name == "on_task_event";
        let starter = self.spec.host.slot("dispatch").filter(|_| is_event);
        match starter.map(|dispatch| self.host_slot(dispatch)) {
            Some((outcome, why)) if outcome != Outcome::Works => (
                Outcome::NotCalled,
                format!("the plugin can start no task: {why}"),
            ),
            _ => WORKS,
        }
    }

    fn host_slot(&self, slot: &Slot) -> Verdict {
        if !level(&self.plugin.built_for).includes(&slot.since) {
            return (Outcome::PluginLacks, built_before(slot));
        }
        if let Some(refused) = self.refused() {
            return refused;
        }
        if !self.has_host_table() {
            let why = "a plugin that was loaded by the version 1 symbol gets no host table";
            return (Outcome::HostLacks, why.to_owned());
        }
        if self.host.revision.is_some() && slot.since.version == self.host.version {
            return self.inside_version_2(slot);
        }
        if self.host.includes(&slot.since) {
            return WORKS;
        }
        (Outcome::HostLacks, older_than(slot))
    }

    /// The host says 2 and nothing more: the plugin decides by what it takes that for.
    fn inside_version_2(&self, slot: &Slot) -> Verdict {
        let taken_for = &self.plugin.version_2_is;
        if !level(taken_for).includes(&slot.since) {
            let why = format!(
                "a host of version 2 may be of revision {taken_for}, so the plugin relies on what \
                 that has"
            );
            return (Outcome::HostLacks, why);
        }
        if self.host.includes(&slot.since) {
            return WORKS;
        }
        let size = layout::host(self.spec, self.host).map_or(0, |table| table.size);
        let why = format!(
            "the plugin takes version 2 for {taken_for}, but this host's table ends after {size} \
             bytes"
        );
        (Outcome::Beyond, why)
    }
}

fn built_before(slot: &Slot) -> String {
    without(slot, format!("the plugin was built before {}", slot.since))
}

fn older_than(slot: &Slot) -> String {
    without(slot, format!("the host is older than {}", slot.since))
}

fn without(slot: &Slot, why: String) -> String {
    match &slot.without {
        Some(instead) => format!("{why}. Instead: {}", instead.trim().trim_end_matches('.')),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(built_for: &str, version_2_is: &str, host: &str, function: &str) -> Outcome {
        let plugin = Entry {
            version_2_is: version_2_is.into(),
            v1_symbol: built_for == "1",
            ..Entry::new("C", built_for.parse().unwrap(), "x.so".into())
        };
        let spec = Spec::load_embedded().unwrap();
        let pair = Pair {
            spec: &spec,
            plugin: &plugin,
            host: &level(host),
        };
        let all = pair.expectations();
        all.into_iter()
            .find(|one| one.function == function)
            .unwrap()
            .outcome
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn a_shorter_table_is_a_lack_where_its_version_tells_and_a_danger_where_it_does_not() {
        assert_eq!(
            outcome("6", "2e", "3", "host.log_structured"),
            Outcome::HostLacks
        );
        assert_eq!(
            outcome("2", "2e", "6", "host.log_structured"),
            Outcome::PluginLacks
        );
        assert_eq!(outcome("6", "2e", "2d", "host.send_draft"), Outcome::Beyond);
        assert_eq!(
            outcome("6", "2a", "2d", "host.send_draft"),
            Outcome::HostLacks
        );
        assert_eq!(
            outcome("6", "2a", "2e", "host.file_read"),
            Outcome::HostLacks
        );
        assert_eq!(outcome("6", "2e", "2e", "host.file_read"), Outcome::Works);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn the_symbol_decides_what_there_is() {
        assert_eq!(outcome("6", "2e", "1", "plugin.invoke"), Outcome::NotLoaded);
        assert_eq!(outcome("1", "2e", "6", "plugin.invoke"), Outcome::Works);
        assert_eq!(
            outcome("1", "2e", "6", "entry.osaurus_plugin_entry_v2"),
            Outcome::PluginLacks
        );
        assert_eq!(
            outcome("6", "2e", "6", "entry.osaurus_plugin_entry"),
            Outcome::PluginLacks
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading the whole ABI spec takes minutes there")]
    fn task_events_need_the_callback_and_a_task() {
        assert_eq!(
            outcome("6", "2e", "2b", "plugin.on_task_event"),
            Outcome::HostLacks
        );
        assert_eq!(
            outcome("6", "2a", "2e", "plugin.on_task_event"),
            Outcome::NotCalled
        );
        assert_eq!(
            outcome("6", "2e", "2c", "plugin.on_task_event"),
            Outcome::Works
        );
    }
}
