//! What funds, offers and organisations are called. They are no persons.

use std::collections::BTreeMap;

use ledger_core::{Entry, Event, FundId, OfferId, PartyId, Title};

/// The titles that a log has told so far.
#[derive(Default)]
pub(crate) struct Titles {
    funds: BTreeMap<FundId, Title>,
    offers: BTreeMap<OfferId, Title>,
    parties: BTreeMap<PartyId, Title>,
}

impl Titles {
    /// Hears what an entry calls something.
    pub(crate) fn learn(&mut self, entry: &Entry) {
        if let Event::FundOpened { fund, title, freedom: _ } = &entry.event {
            self.funds.insert(*fund, title.clone());
        }
        if let Event::OfferPledged { offer, title, .. }
        | Event::InKindReceived { offer, title, .. } = &entry.event
        {
            self.offers.insert(*offer, title.clone());
        }
        if let Event::PartyRegistered { party, title, kind: _ } = &entry.event {
            self.parties.insert(*party, title.clone());
        }
    }

    pub(crate) fn fund(&self, fund: FundId) -> Option<&str> {
        self.funds.get(&fund).map(Title::as_str)
    }

    pub(crate) fn offer(&self, offer: OfferId) -> Option<&str> {
        self.offers.get(&offer).map(Title::as_str)
    }

    pub(crate) fn party(&self, party: PartyId) -> Option<&str> {
        self.parties.get(&party).map(Title::as_str)
    }
}
