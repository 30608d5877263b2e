//! Journals and tables out of a made-up history, the program that writes them, and servers that lie about it.

mod journals;
mod pretender;
mod program;
mod story;
mod tables;
mod verify;
