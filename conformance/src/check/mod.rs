//! Holds one plugin library against rules, each in a child process of its own.
