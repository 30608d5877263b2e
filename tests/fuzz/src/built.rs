//! Messages of the API put together by the input: mostly of what a caller would say, now and then of anything.

use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage, Value, prost::Message,
};

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap());

/// Texts that mean something somewhere, and such as nearly do.
const TEXTS: &[&str] = &[
    "",
    "coops/colne-valley",
    "coops/another-valley",
    "colne-valley",
    "coops/colne-valley/members/1001",
    "members/1002",
    "members/1003",
    "1004",
    "1001-9",
    "members/1999",
    "members/0",
    "members/18446744073709551616",
    "officers/1",
    "officers/2",
    "officers/3",
    "parties/1",
    "parties/2",
    "funds/1",
    "funds/2",
    "funds/3",
    "offers/1",
    "coops/colne-valley/offers/2",
    "hours/13",
    "hours/14",
    "respite/13",
    "respite/14",
    "respite/15",
    "vouchers/14",
    "vouchers/15",
    "vouchers/16",
    "entries/13",
    "coops/colne-valley/entries/14",
    "tokens/0123456789abcdef",
    "2026-11-20",
    "2026-11-22",
    "2027-02-29",
    "0001-01-01",
    "9999-12-31",
    "-1-13-99",
    "09:30",
    "24:00",
    "General",
    "two\nlines",
    " blanks ",
    "\u{202e}turned",
    "=1+1",
    "\0",
    "name@example.org",
];

const NUMBERS: &[i64] = &[
    0,
    1,
    2,
    3,
    13,
    15,
    30,
    60,
    180,
    1_000,
    10_000_000,
    10_000_001,
    1_000_000_000_000,
    -1,
    i64::MAX,
    i64::MIN,
];

/// What the input cannot know and a sensible caller would: the id of the next request, and the codes that were told.
pub struct Known {
    /// An id that was not used before.
    pub request_id: String,
    /// Ids that were.
    pub used: Vec<String>,
    /// Voucher codes.
    pub codes: Vec<String>,
}

/// The descriptor of a message.
pub fn named(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(name).unwrap()
}

/// The bytes of a message of this kind.
pub fn built(u: &mut Unstructured<'_>, kind: &MessageDescriptor, known: &Known) -> Result<Vec<u8>> {
    Ok(message(u, kind, known, 0)?.encode_to_vec())
}

fn message(
    u: &mut Unstructured<'_>,
    kind: &MessageDescriptor,
    known: &Known,
    depth: usize,
) -> Result<DynamicMessage> {
    let mut built = DynamicMessage::new(kind.clone());
    if kind.full_name() == "carestore.v1.WriteContext" {
        built.set_field_by_name("coop", Value::String("coops/colne-valley".into()));
        built.set_field_by_name("request_id", Value::String(known.request_id.clone()));
    }
    for one in kind.oneofs().filter(|one| !one.is_synthetic()) {
        let count = one.fields().len();
        let chosen = one.fields().nth(u.int_in_range(0..=count - 1)?);
        if let Some(field) = chosen.filter(|_| depth < 4) {
            let value = value(u, &field, known, depth)?;
            built.set_field(&field, value);
        }
    }
    for field in kind.fields() {
        let in_choice = field.containing_oneof().is_some_and(|one| !one.is_synthetic());
        // A caller says most of what there is to say, but little in a context beside what stands there.
        let seldom = kind.full_name().ends_with("Context");
        let said = if seldom { u.ratio(1, 12)? } else { !u.ratio(1, 8)? };
        if in_choice || !said || depth >= 4 {
            continue;
        }
        if field.is_list() {
            let mut values = Vec::new();
            for _ in 0..u.int_in_range(0..=3)? {
                values.push(value(u, &field, known, depth)?);
            }
            built.set_field(&field, Value::List(values));
        } else if !field.is_map() {
            let value = value(u, &field, known, depth)?;
            built.set_field(&field, value);
        }
    }
    debug_assert_eq!(built.descriptor(), *kind);
    Ok(built)
}

fn value(
    u: &mut Unstructured<'_>,
    field: &FieldDescriptor,
    known: &Known,
    depth: usize,
) -> Result<Value> {
    Ok(match field.kind() {
        Kind::Bool => Value::Bool(u.arbitrary()?),
        Kind::String => Value::String(text(u, field.name(), known)?),
        Kind::Bytes => Value::Bytes(<Vec<u8>>::from(u.arbitrary::<[u8; 32]>()?).into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number(u)?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            Value::I32(i32::try_from(number(u)?).unwrap_or(-7))
        }
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number(u)?.cast_unsigned()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(u32::try_from(number(u)?).unwrap_or(u32::MAX)),
        Kind::Double => Value::F64(u.arbitrary()?),
        Kind::Float => Value::F32(u.arbitrary()?),
        Kind::Enum(words) => Value::EnumNumber(word(u, &words)?),
        Kind::Message(kind) => Value::Message(message(u, &kind, known, depth + 1)?),
    })
}

fn word(u: &mut Unstructured<'_>, words: &EnumDescriptor) -> Result<i32> {
    if u.ratio(1, 30)? {
        return u.arbitrary();
    }
    let count = words.values().len();
    let at = u.int_in_range(0..=count - 1)?;
    Ok(words.values().nth(at).map_or(0, |word| word.number()))
}

fn number(u: &mut Unstructured<'_>) -> Result<i64> {
    if u.ratio(1, 10)? {
        return u.arbitrary();
    }
    u.choose(NUMBERS).copied()
}

fn text(u: &mut Unstructured<'_>, field: &str, known: &Known) -> Result<String> {
    if u.ratio(1, 16)? {
        return Ok(u.arbitrary::<&str>()?.to_owned());
    }
    let told = if field.contains("code") { &known.codes } else { &known.used };
    if (field.contains("code") || field == "request_id") && !told.is_empty() && u.ratio(3, 4)? {
        return u.choose(told).cloned();
    }
    // Each field has kinds of names that it wants: these are chosen more often.
    let wanted: Vec<&str> =
        TEXTS.iter().copied().filter(|text| !text.is_empty() && of_kind(field, text)).collect();
    let texts = if wanted.is_empty() || u.ratio(1, 6)? { TEXTS } else { &wanted };
    u.choose(texts).map(|text| (*text).to_owned())
}

/// Whether a text might be meant for a field of this name.
fn of_kind(field: &str, text: &str) -> bool {
    let kind = match field {
        "member" | "carer" | "giver" | "receiver" | "to" | "from" | "on_behalf_of" | "sitter"
        | "representative" => "members/",
        "acting_as" => "officers/",
        _ if field == "until" || field.ends_with("_on") || field.contains("date") || field.contains("day") => "20",
        _ if field.ends_with("_at") || field.contains("time") => ":",
        _ if field.contains("title") || field.contains("purpose") => "General",
        _ => return text.contains(&format!("{field}/")) || text.contains(&format!("{field}s/")),
    };
    text.contains(kind)
}
