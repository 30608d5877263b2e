//! A batch opens nothing that its writes would not open alone.

use std::collections::BTreeSet;

use ledger_proto::v1;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MethodDescriptor, Value};
use tonic::Code;

use super::of_each_role;
use crate::{
    access::call,
    harness::{COOP, Town, run},
};

/// Every write there is, with nothing said in it, beside its method.
fn writes() -> Vec<(String, v1::Write)> {
    let pool = DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap();
    let kind = pool.get_message_by_name("carestore.v1.Write").unwrap();
    let of = |field: FieldDescriptor| {
        let asked = field.kind().as_message().unwrap().clone();
        let mut write = DynamicMessage::new(kind.clone());
        write.set_field(&field, Value::Message(DynamicMessage::new(asked.clone())));
        let takes = |method: &MethodDescriptor| method.input() == asked;
        let method = pool.services().find_map(|service| service.methods().find(takes)).unwrap();
        let name = format!("{}/{}", method.parent_service().full_name(), method.name());
        (name, v1::Write::decode(&*write.encode_to_vec()).unwrap())
    };
    kind.oneofs().flat_map(|one| one.fields().collect::<Vec<_>>()).map(of).collect()
}

#[test]
fn a_write_in_a_batch_asks_for_what_it_asks_for_alone() {
    run(async {
        let town = Town::peopled().await;
        let writes = writes();
        assert!(writes.len() > 25, "{}", writes.len());
        let (mut refused, mut let_in) = (0, BTreeSet::new());
        for (role, token) in of_each_role(&town).await {
            let client = town.client_of(COOP, Some(&token));
            let batch = writes.iter().map(|(_, write)| write.clone()).collect();
            let batch = v1::SubmitBatchRequest { writes: batch };
            let results = client.submit_batch(batch).await.unwrap().results;
            assert_eq!(results.len(), writes.len());
            for ((method, _), result) in writes.iter().zip(results) {
                let Some(v1::write_result::Result::Refusal(told)) = result.result else {
                    panic!("{role} wrote {method} by an empty message");
                };
                let alone = call(&town, method, Some(&token)).await;
                assert_eq!(told.code, alone.code() as i32, "{method} as {role}: {told:?}");
                if alone.code() == Code::PermissionDenied {
                    refused += 1;
                } else {
                    let_in.insert(method);
                }
            }
        }
        assert!(refused > 80, "{refused} refusals");
        assert_eq!(let_in.len(), writes.len(), "each is let in as somebody");
    });
}
