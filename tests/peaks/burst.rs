//! As at an annual meeting: everybody at once, and all on the same thing.

use ledger_proto::v1;

use super::{accounts, at_once, batch, counted, enrolled, is_its_replay};
use crate::harness::{Town, ask::Ask, run, say, say::member};

const MEMBERS: usize = 400;
const VOUCHERS: i64 = 150;

#[test]
fn so_many_vouchers_are_issued_as_there_are_and_each_is_taken_once() {
    run(async {
        let town = Town::peopled().await;
        say::bakery(&town, VOUCHERS).await;
        let first = enrolled(&town, v1::Hat::CommunityVolunteer, MEMBERS).await;
        let issued = at_once(&town, "400 thank-yous, 150 vouchers", MEMBERS, |nth, client| {
            let mut request = say::issue(1, first + u32::try_from(nth).unwrap());
            *request.context() = Some(town.by("officers/1"));
            async move { request.send(&client).await.map(|receipt| receipt.voucher_code) }
        })
        .await;
        let stock = usize::try_from(VOUCHERS).unwrap();
        let expected =
            [("OUT_OF_STOCK".to_owned(), MEMBERS - stock), ("recorded".to_owned(), stock)];
        assert_eq!(counted(&issued), expected.into());
        // At two tills of the business at once.
        let codes: Vec<String> = issued.into_iter().filter_map(Result::ok).collect();
        let taken = at_once(&town, "150 vouchers, two tills", 2 * stock, |nth, client| {
            let mut request = say::redeem(&codes[nth / 2]);
            *request.context() = Some(town.by(""));
            async move { request.send(&client).await }
        })
        .await;
        let expected = [("ALREADY_SETTLED".to_owned(), stock), ("recorded".to_owned(), stock)];
        assert_eq!(counted(&taken), expected.into());
        let counted = town.totals(town.read()).await.vouchers.unwrap();
        assert_eq!((counted.issued, counted.redeemed), (VOUCHERS, VOUCHERS));
        assert_eq!((counted.open, counted.free), (0, 0));
        is_its_replay(town).await;
    });
}

#[test]
fn the_pot_is_filled_and_emptied_by_everybody_at_once_and_never_owes() {
    run(async {
        let town = Town::peopled().await;
        let first = enrolled(&town, v1::Hat::CommunityVolunteer, MEMBERS).await;
        let members = || (first..).take(MEMBERS);
        batch(&town, "officers/1", members().map(|giver| say::record(giver, 4, 60))).await;
        // Every other one gives ten minutes to the pot, and every other one is granted thirty.
        let answers =
            at_once(&town, "200 gifts and 200 grants of one pot", MEMBERS, |nth, client| {
                let number = first + u32::try_from(nth).unwrap();
                let mut give = say::donate(number, 10);
                *give.context() = Some(town.by(&member(number)));
                let mut grant = say::grant(number, 30);
                *grant.context() = Some(town.by("officers/1"));
                async move {
                    if nth.is_multiple_of(2) {
                        give.send(&client).await.map(|_| 10)
                    } else {
                        grant.send(&client).await.map(|_| -30)
                    }
                }
            })
            .await;
        let counted = counted(&answers);
        let moved: Vec<i64> = answers.into_iter().filter_map(Result::ok).collect();
        assert_eq!(moved.iter().filter(|moved| **moved > 0).count(), MEMBERS / 2, "all gave");
        let refused = MEMBERS - moved.len();
        assert_eq!(counted.get("POT_TOO_SMALL").copied().unwrap_or_default(), refused);
        let pot: i64 = moved.iter().sum();
        assert!(pot >= 0, "{pot}");
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!(time.pot_minutes, pot);
        let own: i64 = accounts(&town).await.iter().map(|(own, _)| own).sum();
        assert_eq!(own + time.pot_minutes + time.commons_minutes, 0);
        is_its_replay(town).await;
    });
}
