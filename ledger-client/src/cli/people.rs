//! Names of the API, as people say them.

use std::collections::BTreeMap;

use chrono::DateTime;
use ledger_proto::v1;

/// Who is who: what to call a member, by the number in their name.
#[derive(Debug, Default)]
pub(crate) struct People(BTreeMap<String, String>);

impl People {
    pub(crate) fn of(members: &[v1::Member]) -> Self {
        Self(members.iter().map(|member| (last(&member.name).to_owned(), called(member))).collect())
    }

    /// A member by number and reference; anything else by its short name.
    pub(crate) fn say(&self, name: &str) -> String {
        let is_member = name.split('/').rev().nth(1) == Some("members");
        match self.0.get(last(name)) {
            Some(called) if is_member => called.clone(),
            Some(_) | None => short(name).to_owned(),
        }
    }
}

fn called(member: &v1::Member) -> String {
    if member.r#ref.is_empty() {
        member.number.clone()
    } else {
        format!("{} {}", member.number, member.r#ref)
    }
}

/// A name without the co-op that it is in: `members/1042`.
pub(crate) fn short(name: &str) -> &str {
    let inside = name.strip_prefix("coops/").and_then(|rest| rest.split_once('/'));
    inside.map_or(name, |(_, inside)| inside)
}

/// The number at the end of a name.
pub(crate) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A time as people read it, to the minute.
pub(crate) fn say_time(time: Option<&prost_types::Timestamp>) -> String {
    let seconds = time.and_then(|time| DateTime::from_timestamp(time.seconds, 0));
    seconds.map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_called_by_number_and_reference() {
        let people = People::of(&[v1::Member {
            name: "coops/x/members/1042".to_owned(),
            number: "1042-7".to_owned(),
            r#ref: "V005".to_owned(),
            ..v1::Member::default()
        }]);
        assert_eq!(people.say("coops/x/members/1042"), "1042-7 V005");
        assert_eq!(people.say("members/1042"), "1042-7 V005");
        assert_eq!(people.say("officers/1042"), "officers/1042");
        assert_eq!(people.say("pot"), "pot");
    }

    #[test]
    fn short_names_leave_the_coop_out() {
        assert_eq!(short("coops/x/hours/12"), "hours/12");
        assert_eq!(short("coops/x"), "coops/x");
        assert_eq!(last("coops/x/hours/12"), "12");
    }
}
