//! Messages of the API as JSON: the field names of the `.proto` files, numbers as numbers.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

static POOL: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(ledger_proto::DESCRIPTORS).ok());

/// A message by its name in the package, for example `Receipt`. Null: there is no such message.
pub fn message(name: &str, message: &impl Message) -> Value {
    described(name, message).unwrap_or(Value::Null)
}

/// Messages of one kind, as a list.
pub fn list<M: Message>(name: &str, messages: &[M]) -> Value {
    Value::Array(messages.iter().map(|one| message(name, one)).collect())
}

fn described(name: &str, message: &impl Message) -> Option<Value> {
    let descriptor = POOL.as_ref()?.get_message_by_name(&format!("carestore.v1.{name}"))?;
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok()?;
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false)
        .skip_default_fields(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).ok()
}

#[cfg(test)]
mod tests {
    use ledger_proto::v1;

    use super::*;

    #[test]
    fn numbers_stay_numbers_and_names_stay_names() {
        let balance = v1::MemberBalance { balance_minutes: -30, ..v1::MemberBalance::default() };
        let json = message("MemberBalance", &balance);
        assert_eq!(json["balance_minutes"], -30);
        assert_eq!(json["held_minutes"], 0);
        let help = v1::Help { task: v1::TaskKind::Garden.into(), ..v1::Help::default() };
        assert_eq!(message("Help", &help)["task"], "TASK_KIND_GARDEN");
    }

    #[test]
    fn an_unknown_message_is_null() {
        assert_eq!(message("Nothing", &v1::Help::default()), Value::Null);
    }
}
