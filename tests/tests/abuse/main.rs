//! What an attacker tries, and what a bad day does, with the real program: each file holds one
//! kind. What a single crate can show alone is in its own tests; `SECURITY.md` says what is
//! promised.

mod building;
mod cache;
mod ends;
mod looking;
mod support;
mod workers;
