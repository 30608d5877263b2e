//! The house rules of the `.proto` files, and that their words are the core's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::{env, fs};

use ledger_core::{
    Authority, CancelReason, CashSource, CashUse, Channel, DisputeReason, EventKind, EvidenceGrade,
    GrantReason, Hat, Mandate, PartyKind, Powers, RespiteSide, ReversalReason, Role,
    SuspensionReason, TaskKind, VoucherReason,
};
use ledger_proto::DESCRIPTORS;
use prost_reflect::{DescriptorPool, EnumDescriptor, Kind, MessageDescriptor};

fn pool() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTORS).unwrap()
}

fn ours(name: &str) -> bool {
    name.starts_with("carestore.")
}

fn messages() -> Vec<MessageDescriptor> {
    pool().all_messages().filter(|message| ours(message.full_name())).collect()
}

fn enums() -> Vec<EnumDescriptor> {
    pool().all_enums().filter(|list| ours(list.full_name())).collect()
}

/// `OtherMyLife` as `OTHER_MY_LIFE`.
fn shouted(word: &str) -> String {
    let mut out = String::new();
    for (at, letter) in word.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

/// The numbers and words of the core's list of this name. Nothing: the list is the API's own, or the log's own.
fn twin(name: &str) -> Option<Vec<(i32, &'static str)>> {
    macro_rules! words {
        ($name:ident) => {
            Some($name::ALL.iter().map(|word| (word.code(), word.word())).collect())
        };
    }
    match name {
        "Authority" => words!(Authority),
        "CancelReason" => words!(CancelReason),
        "CashSource" => words!(CashSource),
        "CashUse" => words!(CashUse),
        "Channel" => words!(Channel),
        "DisputeReason" => words!(DisputeReason),
        "EvidenceGrade" => words!(EvidenceGrade),
        "GrantReason" => words!(GrantReason),
        "Hat" => words!(Hat),
        "Mandate" => words!(Mandate),
        "PartyKind" => words!(PartyKind),
        "Powers" => words!(Powers),
        "RespiteSide" => words!(RespiteSide),
        "ReversalReason" => words!(ReversalReason),
        "Role" | "OfficerRole" => words!(Role),
        "SuspensionReason" => words!(SuspensionReason),
        "TaskKind" => words!(TaskKind),
        "VoucherReason" => words!(VoucherReason),
        _ => None,
    }
}

#[test]
fn every_closed_list_has_the_numbers_and_words_of_the_core() {
    let mut alone = Vec::new();
    for list in enums() {
        let Some(twin) = twin(list.name()) else {
            alone.push(list.full_name().to_owned());
            continue;
        };
        let prefix = shouted(list.name());
        let mut expected = vec![(0, format!("{prefix}_UNSPECIFIED"))];
        expected
            .extend(twin.iter().map(|(code, word)| (*code, format!("{prefix}_{}", shouted(word)))));
        let said: Vec<_> =
            list.values().map(|value| (value.number(), value.name().to_owned())).collect();
        assert_eq!(said, expected, "{}", list.full_name());
    }
    alone.sort();
    let known = [
        "carestore.log.v1.FundFreedom",
        "carestore.log.v1.Kinship",
        "carestore.log.v1.VoucherBasis",
        "carestore.v1.ErrorReason",
        "carestore.v1.FundFreedom",
        "carestore.v1.HoursStatus",
        "carestore.v1.ImportRespiteOutcome",
        "carestore.v1.ImportVoucherOutcome",
        "carestore.v1.RespiteStatus",
        "carestore.v1.Scope",
        "carestore.v1.Standing",
        "carestore.v1.TokenRole",
        "carestore.v1.VoucherBasis",
    ];
    assert_eq!(alone, known, "a list without a twin in the core: add it to `twin`, or here");
}

#[test]
fn the_arms_of_the_log_are_the_kinds_of_events() {
    let entry = pool().get_message_by_name("carestore.log.v1.Entry").unwrap();
    let event = entry.oneofs().find(|oneof| oneof.name() == "event").unwrap();
    let mut arms: Vec<_> = event
        .fields()
        .map(|field| {
            let message = field.kind().as_message().unwrap().name().to_owned();
            assert_eq!(field.name(), shouted(&message).to_lowercase());
            (i32::try_from(field.number()).unwrap(), message)
        })
        .collect();
    arms.sort();
    let kinds = EventKind::ALL.iter().map(|kind| (kind.code(), kind.word().to_owned()));
    assert_eq!(arms, kinds.collect::<Vec<_>>());
}

/// What old bytes rest on: `golden/fields.txt` has a line for each field and word of the log, and never loses one.
/// `CARESTORE_WRITE_GOLDEN=1` adds the lines of what is new.
#[test]
fn no_number_of_the_log_ever_changes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/fields.txt");
    let log = |name: &str| name.starts_with("carestore.log.");
    let mut lines = Vec::new();
    for message in messages().iter().filter(|message| log(message.full_name())) {
        for field in message.fields() {
            let (kind, number) = (field.kind(), field.number());
            lines.push(format!(
                "{} = {number} {:?} {kind:?}",
                field.full_name(),
                field.cardinality()
            ));
        }
    }
    for list in enums().iter().filter(|list| log(list.full_name())) {
        lines.extend(
            list.values().map(|value| format!("{} = {}", value.full_name(), value.number())),
        );
    }
    let mut known = fs::read_to_string(file).unwrap_or_default();
    let is_known = |known: &str, line: &String| known.lines().any(|other| other == line);
    if env::var_os("CARESTORE_WRITE_GOLDEN").is_some_and(|value| value == "1") {
        for line in &lines {
            if !is_known(&known, line) {
                known.push_str(line);
                known.push('\n');
            }
        }
        fs::write(file, &known).unwrap();
    }
    for line in &lines {
        assert!(is_known(&known, line), "not in golden/fields.txt: {line}");
    }
    for line in known.lines() {
        assert!(lines.iter().any(|other| other == line), "gone or changed: {line}");
    }
}

#[test]
fn every_write_says_first_in_which_context() {
    let write = pool().get_message_by_name("carestore.v1.Write").unwrap();
    assert_eq!(write.fields().len(), 38);
    for field in write.fields() {
        let request = field.kind().as_message().unwrap().clone();
        let first = request.get_field(1).unwrap();
        assert_eq!(first.name(), "context", "{}", request.name());
        let context = first.kind().as_message().unwrap().full_name().to_owned();
        assert_eq!(context, "carestore.v1.WriteContext", "{}", request.name());
    }
}

#[test]
fn every_write_is_a_method_of_its_service() {
    let pool = pool();
    let methods: Vec<_> = pool
        .services()
        .flat_map(|service| {
            service.methods().map(|method| method.input().name().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    for field in pool.get_message_by_name("carestore.v1.Write").unwrap().fields() {
        let request = field.kind().as_message().unwrap().name().to_owned();
        assert!(methods.contains(&request), "{request}");
    }
}

#[test]
fn numbers_are_signed_and_whole() {
    for message in messages() {
        for field in message.fields() {
            let wrong = matches!(
                field.kind(),
                Kind::Uint32
                    | Kind::Uint64
                    | Kind::Fixed32
                    | Kind::Fixed64
                    | Kind::Float
                    | Kind::Double
            );
            assert!(!wrong, "{} is {:?}", field.full_name(), field.kind());
        }
    }
}

#[test]
fn zero_is_never_a_word() {
    for list in enums() {
        let zero = list.get_value(0).unwrap();
        assert_eq!(zero.name(), format!("{}_UNSPECIFIED", shouted(list.name())));
    }
}

#[test]
fn everything_has_a_comment_where_the_descriptors_keep_them() {
    let set = pool();
    let mut said = 0;
    for file in set.files().filter(|file| ours(file.package_name())) {
        let file = file.file_descriptor_proto();
        let Some(info) = &file.source_code_info else { continue };
        for place in &info.location {
            // Messages, enums and services; then their fields, arms, words and methods.
            let named =
                matches!(place.path.as_slice(), [4..=6, _] | [4..=6, _, 2, _] | [4, _, 8, _]);
            if named {
                let comment = place.leading_comments.as_deref().unwrap_or_default().trim();
                assert!(!comment.is_empty(), "{}: {:?} has no comment", file.name(), place.path);
                said += 1;
            }
        }
    }
    assert!(said > 1000, "only {said} places were looked at");
}
