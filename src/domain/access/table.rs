//! The rows. Order as on the day: deciding, preparing, receiving, writing down, reading.

use super::{Grant, Relation, Who};
use crate::domain::people::{Function, UnitRole};

const ANYONE: Grant = Grant::to(Who::Anyone).even_restricted();
const ACCOUNT: Grant = Grant::to(Who::Account).even_restricted();
/// A kiosk nobody is signed in at: no function, but a point of the session.
const KIOSK: Grant = Grant::to(Who::Account).at(Relation::AtPoint);

const PRESIDER: Grant = Grant::to(Who::Function(Function::Presider)).even_restricted();
const NOTE_TAKER: Grant = Grant::to(Who::Function(Function::NoteTaker)).even_restricted();
const NOTE_TAKER_OWN: Grant = NOTE_TAKER.at(Relation::OwnPoint);
const ASSISTANT_OWN: Grant = Grant::to(Who::Function(Function::Assistant)).at(Relation::OwnPoint).even_restricted();
const ASSISTANT_VISIT: Grant = Grant::to(Who::Function(Function::Assistant)).at(Relation::VisitPoints);
const OFFICER_OWN: Grant = Grant::to(Who::Function(Function::PointOfficer)).at(Relation::OwnPoint).even_restricted();
const OFFICER_VISIT: Grant = Grant::to(Who::Function(Function::PointOfficer)).at(Relation::VisitPoints);
const AGENCY_OWN: Grant = Grant::to(Who::Function(Function::AgencyRepresentative)).at(Relation::OwnPoint);
const AGENCY_VISIT: Grant = Grant::to(Who::Function(Function::AgencyRepresentative)).at(Relation::VisitPoints);
const ADVISER_VISIT: Grant = Grant::to(Who::Function(Function::AdvisingUnit)).at(Relation::VisitPoints);
const INTERPRETER_VISIT: Grant = Grant::to(Who::Function(Function::Interpreter)).at(Relation::VisitPoints);
const TECHNICIAN: Grant = Grant::to(Who::Function(Function::Technician));

const fn sits(function: Function) -> Grant {
    Grant::to(Who::Function(function)).at(Relation::AtPoint)
}
const GUEST: Grant = Grant::to(Who::Guest);
/// What runs at a point between visits is for whoever sits there.
const AT_POINTS: &[Grant] = &[
    GUEST.at(Relation::AtPoint),
    sits(Function::Presider),
    sits(Function::NoteTaker),
    sits(Function::Assistant),
    sits(Function::AdvisingUnit),
    sits(Function::PointOfficer),
    sits(Function::AgencyRepresentative),
    sits(Function::Interpreter),
    sits(Function::Observer),
];
/// The same, and the technician's wall: small pictures without sound.
const AT_POINTS_AND_WALL: &[Grant] = &[
    GUEST.at(Relation::AtPoint),
    sits(Function::Presider),
    sits(Function::NoteTaker),
    sits(Function::Assistant),
    sits(Function::AdvisingUnit),
    sits(Function::PointOfficer),
    sits(Function::AgencyRepresentative),
    sits(Function::Interpreter),
    sits(Function::Observer),
    TECHNICIAN,
];
/// A visit is for those at its points; a restricted one for who receives it, and beside the denouncer for who keeps the
/// point or speaks for them.
const IN_VISIT: &[Grant] = &[
    PRESIDER.at(Relation::VisitPoints),
    NOTE_TAKER.at(Relation::VisitPoints),
    OFFICER_OWN,
    OFFICER_VISIT,
    ASSISTANT_OWN,
    ASSISTANT_VISIT,
    AGENCY_VISIT,
    ADVISER_VISIT,
    INTERPRETER_VISIT,
    Grant::to(Who::Function(Function::Interpreter)).at(Relation::OwnPoint).even_restricted(),
    Grant::to(Who::Function(Function::Observer)).at(Relation::VisitPoints),
    GUEST.at(Relation::VisitPoints),
    Grant::to(Who::Kiosk).at(Relation::VisitPoints).even_restricted(),
];
/// Officers alone, and the device of the place they sit at.
const IN_CONSULTATION: &[Grant] = &[
    sits(Function::Presider),
    sits(Function::NoteTaker),
    sits(Function::Assistant),
    sits(Function::AdvisingUnit),
    sits(Function::PointOfficer),
    sits(Function::AgencyRepresentative),
    Grant::to(Who::Kiosk).at(Relation::AtPoint),
];

const HEAD: Grant = Grant::to(Who::Role(UnitRole::Head));
const RECEPTION: Grant = Grant::to(Who::Role(UnitRole::ReceptionOfficer));
/// Whoever registers a restricted visit knows of it.
const RECEPTION_ALL: Grant = RECEPTION.even_restricted();
const UNIT_TECHNICIAN: Grant = Grant::to(Who::Role(UnitRole::Technician));
const INSPECTOR: Grant = Grant::to(Who::Role(UnitRole::Inspector));
const ARCHIVIST: Grant = Grant::to(Who::Role(UnitRole::Archivist));
const ADMINISTRATOR: Grant = Grant::to(Who::Role(UnitRole::Administrator));

const fn seated(function: Function) -> Grant {
    Grant::to(Who::Function(function)).at(Relation::AtPoint).even_restricted()
}
/// Those who may speak: each from the device of a point, with the floor.
const SPEAKERS: &[Grant] = &[
    seated(Function::Presider),
    seated(Function::NoteTaker),
    seated(Function::PointOfficer),
    seated(Function::AgencyRepresentative),
    seated(Function::AdvisingUnit),
    seated(Function::Interpreter),
];
/// Those who keep the roster of the point they sit at.
const ROSTER: &[Grant] = &[OFFICER_OWN, NOTE_TAKER_OWN, ASSISTANT_OWN];
/// Those beside the citizen.
const BESIDE: &[Grant] = &[OFFICER_OWN, NOTE_TAKER_OWN];
const EVERY_FUNCTION: &[Grant] = &[
    KIOSK,
    PRESIDER,
    NOTE_TAKER,
    Grant::to(Who::Function(Function::Assistant)),
    Grant::to(Who::Function(Function::AdvisingUnit)),
    Grant::to(Who::Function(Function::PointOfficer)),
    Grant::to(Who::Function(Function::AgencyRepresentative)),
    Grant::to(Who::Function(Function::Interpreter)),
    Grant::to(Who::Function(Function::Observer)),
    TECHNICIAN,
    HEAD,
    RECEPTION,
    UNIT_TECHNICIAN,
    INSPECTOR,
    ARCHIVIST,
];

/// Every action with those who may do it.
pub const TABLE: &[(&str, &[Grant])] = &[
    // Deciding and preparing.
    ("move_session.approve", &[HEAD]),
    ("move_session.reject", &[HEAD]),
    ("move_session.reschedule", &[HEAD]),
    ("move_session.postpone", &[HEAD, PRESIDER]),
    ("move_session.cancel", &[HEAD]),
    ("move_session.publish", &[RECEPTION]),
    ("move_session.notify", &[RECEPTION]),
    ("move_session.test", &[RECEPTION, TECHNICIAN, UNIT_TECHNICIAN]),
    ("move_session.open_lobby", &[PRESIDER, NOTE_TAKER, RECEPTION, TECHNICIAN, UNIT_TECHNICIAN]),
    ("move_session.make_ready", &[PRESIDER, NOTE_TAKER, RECEPTION, TECHNICIAN]),
    ("record_step.publication", &[RECEPTION]),
    ("record_step.notice", &[RECEPTION]),
    ("record_step.trial_call", &[RECEPTION, TECHNICIAN, UNIT_TECHNICIAN, OFFICER_OWN]),
    ("record_step.seen_and_heard", &[OFFICER_OWN, NOTE_TAKER, PRESIDER]),
    ("record_step.roll_call", &[PRESIDER, NOTE_TAKER]),
    ("record_step.rules_read", &[PRESIDER, NOTE_TAKER]),
    ("add_point", &[RECEPTION, PRESIDER]),
    ("assign_function", &[RECEPTION, HEAD, PRESIDER]),
    ("withdraw_function", &[RECEPTION, HEAD, PRESIDER]),
    ("register_visit", &[RECEPTION_ALL, NOTE_TAKER]),
    ("set_visit_points", &[PRESIDER, RECEPTION_ALL]),
    ("order_agenda", &[PRESIDER, NOTE_TAKER, RECEPTION_ALL]),
    // The session under way.
    ("move_session.start", &[PRESIDER]),
    ("move_session.pause", &[PRESIDER]),
    ("move_session.interrupt", &[PRESIDER]),
    ("move_session.resume", &[PRESIDER]),
    ("move_session.close", &[PRESIDER]),
    ("propose_end", &[PRESIDER]),
    ("undo_end", &[PRESIDER]),
    ("confirm_end", &[PRESIDER]),
    ("hand_over_presiding", &[PRESIDER, HEAD]),
    ("set_room_wide", &[PRESIDER]),
    ("begin_consultation", &[PRESIDER]),
    ("end_consultation", &[PRESIDER]),
    ("allow_unrecorded", &[PRESIDER, NOTE_TAKER]),
    ("take_over", &[OFFICER_OWN, NOTE_TAKER_OWN, PRESIDER.at(Relation::OwnPoint), TECHNICIAN, UNIT_TECHNICIAN]),
    // People.
    ("expect_person", &[RECEPTION, NOTE_TAKER, OFFICER_OWN, ASSISTANT_OWN]),
    ("seat_person", ROSTER),
    ("person_out", ROSTER),
    ("person_back", ROSTER),
    ("see_identity", BESIDE),
    ("announce_recording", &[OFFICER_OWN, NOTE_TAKER_OWN, PRESIDER]),
    ("attest_attendance", BESIDE),
    // Visits.
    ("move_visit.make_appointment", &[RECEPTION_ALL, NOTE_TAKER, OFFICER_OWN]),
    ("move_visit.arrive", ROSTER),
    ("move_visit.identify", BESIDE),
    ("move_visit.wait", ROSTER),
    ("move_visit.call", &[PRESIDER]),
    ("move_visit.return_to_queue", &[PRESIDER]),
    ("move_visit.begin", &[PRESIDER]),
    ("move_visit.hold", &[PRESIDER]),
    ("move_visit.resume", &[PRESIDER]),
    ("move_visit.hear", &[PRESIDER, NOTE_TAKER]),
    ("move_visit.record", &[NOTE_TAKER]),
    ("move_visit.reopen", &[NOTE_TAKER]),
    ("move_visit.read_back", &[NOTE_TAKER, ASSISTANT_OWN]),
    ("move_visit.confirm", BESIDE),
    ("move_visit.refuse_to_sign", BESIDE),
    ("move_visit.classify", &[NOTE_TAKER, PRESIDER]),
    ("move_visit.end", &[NOTE_TAKER]),
    ("move_visit.refuse", &[PRESIDER, RECEPTION_ALL]),
    ("move_visit.withdraw", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, RECEPTION_ALL]),
    ("move_visit.leave", &[PRESIDER, NOTE_TAKER, OFFICER_OWN]),
    ("move_visit.no_show", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, RECEPTION_ALL]),
    ("move_visit.move_in_person", &[PRESIDER, RECEPTION_ALL]),
    ("move_visit.postpone", &[PRESIDER, RECEPTION_ALL]),
    ("call_next", &[PRESIDER]),
    ("close_hearing", &[PRESIDER, NOTE_TAKER]),
    ("attach_file", &[OFFICER_OWN, NOTE_TAKER, ASSISTANT_VISIT, ASSISTANT_OWN]),
    ("classify", &[NOTE_TAKER, PRESIDER]),
    ("end_visit", &[NOTE_TAKER]),
    // The floor.
    ("raise_hand", SPEAKERS),
    ("lower_hand", SPEAKERS),
    ("microphone", SPEAKERS),
    ("give_floor", &[PRESIDER]),
    ("take_floor", &[PRESIDER]),
    // Minutes.
    ("lease_block", &[NOTE_TAKER, ASSISTANT_VISIT, ASSISTANT_OWN]),
    ("write_block", &[NOTE_TAKER, ASSISTANT_VISIT, ASSISTANT_OWN]),
    ("leave_block", &[NOTE_TAKER, ASSISTANT_VISIT, ASSISTANT_OWN]),
    ("freeze_text", &[NOTE_TAKER]),
    ("read_back", &[NOTE_TAKER, ASSISTANT_OWN]),
    ("confirm_text", BESIDE),
    ("refuse_signature", BESIDE),
    ("move_session.minute", &[NOTE_TAKER]),
    ("move_session.conclude", &[PRESIDER]),
    ("move_session.archive", &[ARCHIVIST, RECEPTION]),
    // What is shown.
    ("view.public", EVERY_FUNCTION),
    (
        "view.staff",
        &[
            PRESIDER,
            NOTE_TAKER,
            Grant::to(Who::Function(Function::Assistant)),
            Grant::to(Who::Function(Function::AdvisingUnit)),
            Grant::to(Who::Function(Function::PointOfficer)),
            Grant::to(Who::Function(Function::AgencyRepresentative)),
            HEAD,
            RECEPTION_ALL,
        ],
    ),
    ("view.devices", &[TECHNICIAN, UNIT_TECHNICIAN]),
    (
        "view.visit",
        &[
            PRESIDER,
            NOTE_TAKER,
            OFFICER_OWN,
            OFFICER_VISIT,
            ASSISTANT_OWN,
            ASSISTANT_VISIT,
            AGENCY_VISIT,
            ADVISER_VISIT,
            INTERPRETER_VISIT,
        ],
    ),
    ("view.minutes", &[PRESIDER, NOTE_TAKER, ASSISTANT_OWN, ASSISTANT_VISIT]),
    ("view.point", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, ASSISTANT_OWN, AGENCY_OWN]),
    // That people of a restricted visit sit there: for who takes their identity and signatures, never for an agency.
    ("view.point.restricted", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, ASSISTANT_OWN]),
    ("view.record", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, OFFICER_VISIT, HEAD, RECEPTION, INSPECTOR, ARCHIVIST]),
    // Who was at a point, beside the people of its visits, who go with `view.record` of their visit.
    ("view.attendance", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, HEAD, RECEPTION, INSPECTOR, ARCHIVIST]),
    // Sound and picture, at the points that take part in what runs (`room::stage`).
    ("see.session", AT_POINTS_AND_WALL),
    ("hear.session", AT_POINTS),
    ("see.visit", IN_VISIT),
    ("hear.visit", IN_VISIT),
    ("see.consultation", IN_CONSULTATION),
    ("hear.consultation", IN_CONSULTATION),
    // Routes: the first gate; lists and objects are then cut down to what the views above allow.
    ("http.health.live", &[ANYONE]),
    ("http.health.ready", &[ANYONE]),
    ("http.health.metrics", &[ANYONE]),
    ("http.openapi", &[ANYONE]),
    ("http.sign_in", &[ANYONE]),
    ("http.sign_in.link", &[ANYONE]),
    ("http.sign_out", &[ACCOUNT]),
    ("http.me", &[ACCOUNT]),
    ("http.kiosk.challenge", &[ANYONE]),
    ("http.kiosk.pair", &[ANYONE]),
    ("http.kiosk.sign_in", &[ANYONE]),
    ("http.directory", &[ACCOUNT]),
    ("http.sessions.list", &[ACCOUNT]),
    ("http.sessions.create", &[RECEPTION, HEAD]),
    ("http.sessions.read", &[ACCOUNT]),
    ("http.sessions.command", EVERY_FUNCTION),
    (
        "http.sessions.record",
        &[
            PRESIDER,
            NOTE_TAKER,
            Grant::to(Who::Function(Function::PointOfficer)),
            HEAD,
            RECEPTION,
            INSPECTOR,
            ARCHIVIST,
        ],
    ),
    ("http.files.attach", &[OFFICER_OWN, NOTE_TAKER, ASSISTANT_VISIT, ASSISTANT_OWN]),
    (
        "http.files.read",
        &[
            PRESIDER,
            NOTE_TAKER,
            OFFICER_OWN,
            OFFICER_VISIT,
            ASSISTANT_OWN,
            ASSISTANT_VISIT,
            AGENCY_VISIT,
            ADVISER_VISIT,
        ],
    ),
    ("http.recordings.read", &[PRESIDER, NOTE_TAKER, HEAD, INSPECTOR]),
    ("http.papers.minutes", &[PRESIDER, NOTE_TAKER, OFFICER_OWN, HEAD, RECEPTION, ARCHIVIST]),
    (
        "http.papers.attendance",
        &[PRESIDER, NOTE_TAKER, Grant::to(Who::Function(Function::PointOfficer)), HEAD, RECEPTION, ARCHIVIST],
    ),
    ("http.tickets", EVERY_FUNCTION),
    ("http.socket", &[ANYONE]),
    // Machines without an account: each with a token for one point or one session.
    ("http.whip", &[ANYONE]),
    ("http.whip.options", &[ANYONE]),
    ("http.whip.end", &[ANYONE]),
    ("http.whip.trickle", &[ANYONE]),
    ("http.whip.session", &[ANYONE]),
    ("http.whep", &[ANYONE]),
    ("http.whep.options", &[ANYONE]),
    ("http.whep.end", &[ANYONE]),
    ("http.whep.trickle", &[ANYONE]),
    ("http.whep.session", &[ANYONE]),
    // By command line and office pages.
    ("admin.users", &[ADMINISTRATOR]),
    ("admin.kiosks", &[ADMINISTRATOR]),
    ("admin.device_tokens", &[ADMINISTRATOR, UNIT_TECHNICIAN]),
    ("admin.erase", &[Grant::to(Who::Role(UnitRole::DataProtectionOfficer)).even_restricted()]),
];
