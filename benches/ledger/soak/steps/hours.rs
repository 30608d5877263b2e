//! Hours: logged and confirmed, disputed, entered, given on, granted, and taken back.

use std::sync::atomic::Ordering;

use ledger_proto::v1;

use super::super::{
    home::{CARER, GIVER, Home, SITTER, USER, Undo},
    town::ask,
};

/// Help of one of the home to another.
pub(super) fn help(home: &Home, giver: usize, receiver: usize, minutes: i64) -> Option<v1::Help> {
    Some(v1::Help {
        giver: home.people[giver].name.clone(),
        receiver: home.people[receiver].name.clone(),
        minutes,
        task: v1::TaskKind::Shopping.into(),
        ..v1::Help::default()
    })
}

/// The position of hours that were logged by whoever gave them, with their own token.
async fn log(home: &mut Home, giver: usize, minutes: i64) -> Option<i64> {
    let day = home.a_day(giver, minutes);
    let help = help(home, giver, USER, minutes);
    let client = &home.people[giver].client;
    let mut context = client.write_context();
    context.occurred_on = day.to_string();
    if home.chance.below(10) == 0 {
        "two bags and a loaf".clone_into(&mut context.note);
    }
    let logged = ask!(home.town, client, context, log_hours, LogHoursRequest { help });
    home.town.yes(logged).map(|receipt| receipt.position)
}

/// Logged by the giver; confirmed by whoever was helped, now and then with a change.
pub(super) async fn logged(home: &mut Home) {
    let giver = [GIVER, SITTER, CARER][home.chance.below(3) as usize];
    let minutes = 2 + i64::from(home.chance.below(8));
    let Some(position) = log(home, giver, minutes).await else { return };
    let counted = if home.chance.below(5) == 0 { minutes - 1 } else { minutes };
    let change = if counted == minutes { 0 } else { counted };
    let hours = format!("hours/{position}");
    let by_app = home.chance.below(2) == 0;
    let confirmed = if by_app {
        // By telephone: an app that asks its own users who they are.
        let mut context = home.app.write_context();
        context.acting_as.clone_from(&home.people[USER].name);
        ask!(
            home.town,
            home.app,
            context,
            confirm_hours,
            ConfirmHoursRequest { hours, minutes: change, ..Default::default() }
        )
    } else {
        let client = &home.people[USER].client;
        ask!(
            home.town,
            client,
            confirm_hours,
            ConfirmHoursRequest { hours, minutes: change, ..Default::default() }
        )
    };
    if let Some(receipt) = home.town.yes(confirmed) {
        home.earned(giver, counted);
        home.last = receipt.position;
        home.kept = Some((receipt.position, giver, home.people[giver].balance));
        home.undo = Some((receipt.position, Undo::Earned(giver, counted)));
    }
}

/// Disputed by whoever was helped, and resolved by an officer: some of it counts, or nothing.
pub(super) async fn disputed(home: &mut Home) {
    let minutes = 2 + i64::from(home.chance.below(8));
    let Some(position) = log(home, GIVER, minutes).await else { return };
    let hours = format!("hours/{position}");
    let client = &home.people[USER].client;
    let disputed = ask!(
        home.town,
        client,
        dispute_hours,
        DisputeHoursRequest {
            hours: hours.clone(),
            reason: v1::DisputeReason::WrongMinutes.into(),
        }
    );
    if home.town.yes(disputed).is_none() {
        return;
    }
    let counted = if home.chance.below(2) == 0 { minutes - 1 } else { 0 };
    let resolved = ask!(
        home.town,
        home.officer,
        resolve_hours,
        ResolveHoursRequest { hours, minutes: counted }
    );
    if home.town.yes(resolved).is_some() {
        home.earned(GIVER, counted);
    }
}

/// From a paper sheet, by an officer.
pub(super) async fn recorded(home: &mut Home) {
    let minutes = 1 + i64::from(home.chance.below(9));
    let day = home.a_day(SITTER, minutes);
    let help = help(home, SITTER, USER, minutes);
    let mut context = home.officer.write_context();
    context.occurred_on = day.to_string();
    context.channel = v1::Channel::Paper.into();
    let recorded = ask!(
        home.town,
        home.officer,
        context,
        record_hours,
        RecordHoursRequest { help, evidence: v1::EvidenceGrade::Paper.into() }
    );
    if home.town.yes(recorded).is_some() {
        home.earned(SITTER, minutes);
    }
}

/// Given on to somebody else of the home, as far as there is something to give.
pub(super) async fn given(home: &mut Home) {
    let (from, to) = [(GIVER, CARER), (SITTER, CARER), (CARER, GIVER), (GIVER, USER)]
        [home.chance.below(4) as usize];
    let minutes = 1 + i64::from(home.chance.below(60));
    let client = &home.people[from].client;
    let given = ask!(
        home.town,
        client,
        give_hours,
        GiveHoursRequest {
            from: home.people[from].name.clone(),
            to: home.people[to].name.clone(),
            minutes,
        }
    );
    if minutes > home.spare(from) {
        home.town.no("giving more than there is", "NOT_ENOUGH_HOURS", given);
    } else if let Some(receipt) = home.town.yes(given) {
        home.moved(to, from, minutes);
        home.undo = Some((receipt.position, Undo::Given { to, from, minutes }));
    }
}

/// Donated to the pot, and granted out of it to somebody whom nobody is helped by.
pub(super) async fn through_the_pot(home: &mut Home) {
    let minutes = 1 + i64::from(home.chance.below(30));
    if minutes > home.spare(GIVER) {
        return;
    }
    let client = &home.people[GIVER].client;
    let donated = ask!(
        home.town,
        client,
        donate_hours,
        DonateHoursRequest { from: home.people[GIVER].name.clone(), minutes }
    );
    if home.town.yes(donated).is_none() {
        return;
    }
    home.people[GIVER].balance -= minutes;
    home.town.pot.fetch_add(minutes, Ordering::SeqCst);
    let granted = ask!(
        home.town,
        home.officer,
        grant_from_pot,
        GrantFromPotRequest {
            to: home.people[USER].name.clone(),
            minutes,
            reason: v1::GrantReason::Cover.into(),
        }
    );
    // What one home puts in, another may have had meanwhile: but each takes no more than it put in.
    if home.town.yes(granted).is_some() {
        home.people[USER].balance += minutes;
        home.town.pot.fetch_sub(minutes, Ordering::SeqCst);
    }
}

/// Taken back, once, and entered anew, now and then.
pub(super) async fn undone(home: &mut Home) {
    let Some((position, undo)) = home.undo.take() else { return };
    // What has been spent since is not there any more.
    if let Undo::Pence(pence) = undo
        && home.pence < pence
    {
        return;
    }
    let entry = format!("entries/{position}");
    let slip = v1::ReversalReason::Slip.into();
    let reversed = ask!(
        home.town,
        home.officer,
        reverse_entry,
        ReverseEntryRequest { entry: entry.clone(), reason: slip }
    );
    if home.town.yes(reversed).is_none() {
        return;
    }
    match undo {
        Undo::Earned(who, minutes) => home.earned(who, -minutes),
        Undo::Given { to, from, minutes } => home.moved(from, to, minutes),
        Undo::Pence(pence) => home.pence -= pence,
    }
    if home.chance.below(3) == 0 {
        let twice = ask!(
            home.town,
            home.officer,
            reverse_entry,
            ReverseEntryRequest { entry, reason: slip }
        );
        home.town.no("reversing twice", "ALREADY_REVERSED", twice);
    } else if matches!(undo, Undo::Earned(..)) {
        let day = home.a_day(GIVER, 1);
        let help = help(home, GIVER, USER, 1);
        let mut context = home.officer.write_context();
        context.occurred_on = day.to_string();
        context.corrects = entry;
        let corrected = ask!(
            home.town,
            home.officer,
            context,
            record_hours,
            RecordHoursRequest { help, evidence: v1::EvidenceGrade::Phone.into() }
        );
        if home.town.yes(corrected).is_some() {
            home.earned(GIVER, 1);
        }
    }
}
