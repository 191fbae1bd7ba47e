//! What models get to see of plugins' tools: which are in the schema from the start, which are
//! named in the prompt and loaded on demand, in what form, and what a call of a tool that was never
//! exposed is told. Conversations ask it, and [`view`] shows it to authors. It runs no tool and
//! asks no model.

pub(crate) mod catalogue;
pub(crate) mod first_turn;
pub(crate) mod gateway;
mod loadable;
pub(crate) mod names;
mod schema_form;
pub(crate) mod scope;
pub(crate) mod section;
pub(crate) mod size_class;
mod sizes;
mod skill_card;
pub(crate) mod tool_mode;
pub(crate) mod view;
