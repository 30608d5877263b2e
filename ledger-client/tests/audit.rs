//! The auditor: what is sound passes, and whatever is done to it is found, with the right code and place.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

#[path = "audit/bundle.rs"]
mod bundle;
#[path = "audit/story.rs"]
mod story;

#[path = "audit/damage.rs"]
mod damage;
#[path = "audit/fair.rs"]
mod fair;
#[path = "audit/forged.rs"]
mod forged;
#[path = "audit/laws.rs"]
mod laws;
#[path = "audit/page.rs"]
mod page;
#[path = "audit/program.rs"]
mod program;
#[path = "audit/rules.rs"]
mod rules;
#[path = "audit/sound.rs"]
mod sound;
