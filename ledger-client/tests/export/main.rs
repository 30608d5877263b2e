//! Journals and tables out of a made-up history, and the program that writes them.

mod journals;
mod program;
mod story;
mod tables;
