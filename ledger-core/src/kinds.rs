//! The closed lists of words that requests and entries are made of.

use crate::closed::closed;

closed!(
    /// A role that a person is wearing. One person may wear several.
    Hat {
        /// A person who uses the service.
        ServiceUser = 1,
        /// Somebody who cares, unpaid, for a person of their family.
        FamilyCarer = 2,
        /// A community volunteer.
        CommunityVolunteer = 3,
        /// A paid care worker.
        Staff = 4,
        /// A supporter.
        Supporter = 5,
    }
);

closed!(
    /// The four elements of life by which help is sorted.
    Element {
        /// My Life.
        MyLife = 1,
        /// My Home.
        MyHome = 2,
        /// My Community.
        MyCommunity = 3,
        /// My Care.
        MyCare = 4,
    }
);

closed!(
    /// A kind of help.
    TaskKind {
        /// Going along to an appointment.
        LiftToAppointment = 1,
        /// Help with telephones, computers and the internet.
        HelpWithTechnology = 2,
        /// Help with forms and letters.
        FormFilling = 3,
        /// Help to keep a home and a tenancy.
        TenancySupport = 4,
        /// Company in bereavement.
        BereavementSupport = 5,
        /// Taking part in worship and culture.
        FaithAndCulture = 6,
        /// Something else of My Life.
        OtherMyLife = 7,
        /// Shopping.
        Shopping = 8,
        /// Cleaning and laundry.
        Cleaning = 9,
        /// Cooking together.
        Cooking = 10,
        /// Small repairs.
        SmallRepairs = 11,
        /// The garden.
        Garden = 12,
        /// Something else of My Home.
        OtherMyHome = 13,
        /// A befriending visit.
        BefriendingVisit = 14,
        /// Sitting with someone so that their carer can rest.
        SittingService = 15,
        /// An outing or event.
        Outing = 16,
        /// A telephone call.
        TelephoneCall = 17,
        /// Being somebody's plus one.
        PlusOne = 18,
        /// Meetings and decisions of the co-op.
        Governance = 19,
        /// Something else of My Community.
        OtherMyCommunity = 20,
        /// A walking group.
        WalkingGroup = 21,
        /// Emotional wellbeing and companionship.
        EmotionalWellbeing = 22,
        /// Something else of My Care that is not regulated care.
        OtherMyCare = 23,
    }
);

impl TaskKind {
    /// The element of life that this help belongs to (co-op's plan, "the four elements").
    pub const fn element(self) -> Element {
        match self {
            Self::LiftToAppointment
            | Self::HelpWithTechnology
            | Self::FormFilling
            | Self::TenancySupport
            | Self::BereavementSupport
            | Self::FaithAndCulture
            | Self::OtherMyLife => Element::MyLife,
            Self::Shopping
            | Self::Cleaning
            | Self::Cooking
            | Self::SmallRepairs
            | Self::Garden
            | Self::OtherMyHome => Element::MyHome,
            Self::BefriendingVisit
            | Self::SittingService
            | Self::Outing
            | Self::TelephoneCall
            | Self::PlusOne
            | Self::Governance
            | Self::OtherMyCommunity => Element::MyCommunity,
            Self::WalkingGroup | Self::EmotionalWellbeing | Self::OtherMyCare => Element::MyCare,
        }
    }
}

closed!(
    /// How strongly an hour is attested, from weak to strong.
    EvidenceGrade {
        /// Nobody but the one who gave it.
        SelfOnly = 1,
        /// Nobody objected in time.
        Timer = 2,
        /// A countersigned paper sheet.
        Paper = 3,
        /// A call back by telephone.
        Phone = 4,
        /// Somebody of the household, or a representative.
        Household = 5,
        /// The person who was helped.
        Recipient = 6,
        /// A code given on the spot.
        OnSite = 7,
    }
);

closed!(
    /// The road that a request came by.
    Channel {
        /// A program or page used by the person who acts.
        App = 1,
        /// A telephone call, typed in by an officer.
        Phone = 2,
        /// A paper sheet, typed in by an officer.
        Paper = 3,
        /// A spreadsheet of what has been.
        Import = 4,
    }
);

closed!(
    /// By what right somebody acted.
    Authority {
        /// For themselves.
        Oneself = 1,
        /// As a co-ordinator.
        Coordinator = 2,
        /// As a treasurer.
        Treasurer = 3,
        /// By holding a voucher's code.
        Bearer = 4,
        /// Nobody: time did.
        Timer = 5,
        /// As the one who runs the server.
        Operator = 6,
        /// For a member whom they represent.
        Representative = 7,
    }
);

closed!(
    /// By what mandate a person represents a member.
    Mandate {
        /// The member said so to a co-ordinator.
        InformalConsent = 1,
        /// Appointed by the Department for Work and Pensions to deal with the member's benefits.
        Appointee = 2,
        /// The member granted a lasting power of attorney.
        LastingPowerOfAttorney = 3,
        /// Appointed by the Court of Protection.
        Deputy = 4,
    }
);

closed!(
    /// What a representative may do.
    Powers {
        /// See what is the member's.
        See = 1,
        /// See it, and act for the member.
        Act = 2,
    }
);

closed!(
    /// What an officer may do.
    Role {
        /// Members, hours, respite, vouchers, and all that a treasurer may.
        Coordinator = 1,
        /// Cash and gifts in kind.
        Treasurer = 2,
    }
);

closed!(
    /// What an organisation is to the co-op.
    PartyKind {
        /// A local business.
        Business = 1,
        /// A partner organisation: a council, a charity, a hall.
        Partner = 2,
    }
);

closed!(
    /// Why a member is suspended.
    SuspensionReason {
        /// The member asked for a pause.
        OwnWish = 1,
        /// A concern is being looked into. What it is stands nowhere here.
        Concern = 2,
        /// The board decided.
        Board = 3,
    }
);

closed!(
    /// Why logged hours are disputed.
    DisputeReason {
        /// It did not happen.
        DidNotHappen = 1,
        /// It was longer or shorter.
        WrongMinutes = 2,
        /// It was somebody else.
        WrongPerson = 3,
        /// Something else.
        Other = 4,
    }
);

closed!(
    /// Why the community grants hours.
    GrantReason {
        /// Somebody who cannot give enough.
        Cover = 1,
        /// An emergency.
        Emergency = 2,
        /// A start for somebody new.
        Welcome = 3,
        /// Something else.
        Other = 4,
    }
);

closed!(
    /// Why a respite did not come to be.
    CancelReason {
        /// Somebody is ill.
        Illness = 1,
        /// It is no longer needed.
        NotNeeded = 2,
        /// Another day was found.
        Moved = 3,
        /// Something else.
        Other = 4,
    }
);

closed!(
    /// Who it was in a respite.
    RespiteSide {
        /// The family carer.
        Carer = 1,
        /// The one who was to cover.
        Giver = 2,
        /// The co-op.
        Coop = 3,
    }
);

closed!(
    /// Why a voucher is given.
    VoucherReason {
        /// One hundred hours.
        HundredHours = 1,
        /// A year with the co-op.
        AYear = 2,
        /// Covered at short notice.
        ShortNotice = 3,
        /// Came through bad weather.
        BadWeather = 4,
        /// Something else.
        Other = 5,
    }
);

closed!(
    /// Where cash comes from.
    CashSource {
        /// A grant.
        Grant = 1,
        /// Surplus of the regulated care, allocated by the board.
        Surplus = 2,
        /// A charge for a service that is not regulated.
        Charge = 3,
        /// A donation.
        Donation = 4,
    }
);

closed!(
    /// What cash goes to.
    CashUse {
        /// The expenses of a volunteer.
        Expense = 1,
        /// Specialist staff.
        SpecialistStaff = 2,
        /// Something else.
        Other = 3,
    }
);

closed!(
    /// Why an entry is reversed.
    ReversalReason {
        /// A slip when it was entered.
        Slip = 1,
        /// Entered twice.
        Twice = 2,
        /// The wrong person.
        WrongPerson = 3,
        /// It did not happen.
        DidNotHappen = 4,
        /// Something else.
        Other = 5,
    }
);
