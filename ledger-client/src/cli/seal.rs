//! Sealing the state.

use ledger_client::Error;
use ledger_proto::v1;

use super::session::Session;
use super::store;

/// Seals the state, says up to which entry, and shows what the Store comes to there.
pub(super) async fn seal(session: &Session) -> Result<(), Error> {
    let request = v1::SealStateRequest { context: session.write().await? };
    let receipt = session.client.seal_state(request).await?.receipt.unwrap_or_default();
    let (sealed, stored) = (receipt.position, !receipt.validated_only);
    session.done(Some(receipt), |receipt| {
        let through = receipt.position.saturating_sub(1);
        (format!("The state is sealed up to entry {through}."), String::new())
    })?;
    if !session.tables() || !stored {
        return Ok(());
    }
    let as_of = Some(v1::read_context::AsOf::AsOfPosition(sealed));
    let context = Some(v1::ReadContext { as_of, ..session.client.read_context() });
    let totals = session.client.get_store_totals(v1::GetStoreTotalsRequest { context }).await?;
    session.thing(&store::told(&totals), &serde_json::Value::Null)
}
