"""What a form says when everything on it is in order, form by form; the scenarios change it from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from samples.generator import people
from samples.generator.people import Designee, Patient, Prescriber, pick, words

Values = dict[str, str | bool | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who a form is about, when it comes, and whether the designee acts on it."""

    prescriber: Prescriber
    designee: Designee
    patient: Patient
    received: dt.date
    by_designee: bool

    @property
    def prescriber_name(self) -> str:
        """First and last name."""
        return f"{self.prescriber.first_name} {self.prescriber.last_name}"

    @property
    def designee_name(self) -> str:
        """First and last name."""
        return f"{self.designee.first_name} {self.designee.last_name}"


def on_form(date: dt.date | str) -> str:
    """A date as forms have it, MM/DD/YYYY."""
    day = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return day.strftime("%m/%d/%Y")


def plain_anc(rng: Generator) -> str:
    """An ANC of 1500 and more; laboratories round some to tens."""
    value = int(rng.integers(1500, 8200))
    return str(value if rng.random() < 0.5 else value // 10 * 10)


def patient_status(cast: Cast, rng: Generator) -> Values:
    """A monthly Patient Status Form of the general population."""
    signed = cast.received - dt.timedelta(days=int(rng.choice([0, 0, 1, 1, 2, 3])))
    drawn = signed - dt.timedelta(days=int(rng.integers(1, 12)))
    values: Values = {"submission_type": "monthly", **_patient_names(cast), **_prescriber_names(cast)}
    values |= {
        "prescriber_fax": cast.prescriber.fax,
        "anc_draw_date": on_form(drawn),
        "anc_value": plain_anc(rng),
        "monitoring_frequency": cast.patient.monitoring_frequency,
        "treatment_status": "active",
        "submitter_role": "designee" if cast.by_designee else "prescriber",
        "patient_name_p2": f"{cast.patient.last_name}, {cast.patient.first_name}",
        "patient_dob_p2": on_form(cast.patient.dob),
    }
    signer = "designee" if cast.by_designee else "prescriber"
    who = cast.designee if cast.by_designee else cast.prescriber
    values[f"{signer}_signature"] = f"{who.first_name} {who.last_name}"
    values["designee_signature_date" if cast.by_designee else "signature_date"] = on_form(signed)
    values |= {"submitter_name": f"{who.first_name} {who.last_name}", "submitter_phone": who.phone}
    for number in range(2, 2 + int(rng.choice([0, 1, 2, 3], p=[0.62, 0.25, 0.08, 0.05]))):
        drawn -= dt.timedelta(days=7)
        values |= {f"anc_draw_date_{number}": on_form(drawn), f"anc_value_{number}": plain_anc(rng)}
    _sometimes(values, rng, 0.5, prescriber_email=cast.prescriber.email)
    _sometimes(values, rng, 0.2, patient_middle_initial=pick(rng, "ABCDEFGHJKLMRST"))
    _sometimes(values, rng, 0.2, patient_phone=people.phone(rng))
    return values


def anc_lab(cast: Cast, rng: Generator) -> Values:
    """A plain ANC report of the first programme, sent by whoever; no signature is needed (rule R54)."""
    drawn = cast.received - dt.timedelta(days=int(rng.integers(1, 5)))
    return {
        "prescriber_name": cast.prescriber_name,
        "prescriber_npi_or_dea": cast.prescriber.npi,
        "prescriber_phone": cast.prescriber.phone,
        "prescriber_fax": cast.prescriber.fax,
        "prescriber_email": cast.prescriber.email,
        "submitter_role": str(rng.choice(["prescriber", "designee", "pharmacy"], p=[0.5, 0.35, 0.15])),
        "patient_name": f"{cast.patient.first_name} {cast.patient.last_name}",
        "patient_dob": on_form(cast.patient.dob),
        "patient_zip": cast.patient.zip,
        "patient_gender": cast.patient.gender,
        "anc_draw_date": on_form(drawn),
        "anc_value": plain_anc(rng),
    }


def patient_enrollment(cast: Cast, rng: Generator) -> Values:
    """An enrollment in the first programme, signed by the prescriber or the designee."""
    drawn = cast.received - dt.timedelta(days=int(rng.integers(1, 6)))
    signer = cast.designee_name if cast.by_designee else cast.prescriber_name
    values: Values = {**_prescriber_names(cast), **_patient_names(cast)}
    values |= {
        "prescriber_fax": cast.prescriber.fax,
        "prescriber_email": cast.prescriber.email,
        "submitter_role": "designee" if cast.by_designee else "prescriber",
        "care_setting": "outpatient",
        "treatment_history": pick(rng, ("new", "continuing", "restart")),
        "anc_draw_date": on_form(drawn),
        "anc_value": plain_anc(rng),
        "monitoring_frequency": "weekly",
        "signer_name": signer,
        "prescriber_signature": signer,
        "signature_date": on_form(cast.received),
    }
    _sometimes(values, rng, 0.6, prescriber_dea=people.dea(rng, cast.prescriber.last_name))
    _sometimes(values, rng, 0.2, pharmacy_name=_shop(rng), pharmacy_phone=people.phone(rng))
    _sometimes(values, rng, 0.2, patient_race=pick(rng, ("asian", "black", "white", "other")))
    return values


def prescriber_enrollment(_cast: Cast, rng: Generator) -> Values:
    """Somebody new certifies."""
    first, last = people.name(rng)
    number, city = people.npi(rng), pick(rng, words()["cities"])
    values: Values = {
        "prescriber_first_name": first,
        "prescriber_last_name": last,
        "prescriber_credentials": pick(rng, ("md", "do", "np", "pa")),
        "prescriber_npi": number,
        "prescriber_email": people.email(first, last, "clinic"),
        "prescriber_specialty": pick(rng, ("psychiatry", "psychiatry", "neurology", "family", "internal")),
        **_practice(city, rng),
        "prescriber_phone": people.phone(rng),
        "prescriber_fax": people.phone(rng),
        "practice_setting": pick(rng, ("outpatient", "inpatient", "both")),
        "preferred_contact": pick(rng, ("email", "fax", "phone")),
        "previously_certified": pick(rng, ("yes", "no")),
        "assessment_status": pick(rng, ("online", "enclosed")),
        "prescriber_name_p2": f"{last}, {first}",
        "prescriber_npi_p2": number,
        "attestation_agreed": True,
        "prescriber_printed_name": f"{first} {last}",
        "prescriber_signature": f"{first} {last}",
        "signature_date": on_form(_cast.received),
    }
    _sometimes(values, rng, 0.5, prescriber_dea=people.dea(rng, last))
    _sometimes(values, rng, 0.2, prescriber_mobile=people.phone(rng))
    _sometimes(values, rng, 0.2, prescriber_license=f"{rng.integers(10000, 999999)}", prescriber_license_state=city[1])
    contact = people.name(rng)
    _sometimes(values, rng, 0.2, contact_first_name=contact[0], contact_last_name=contact[1])
    _sometimes(values, rng, 0.2, designee_1_name=" ".join(contact), designee_1_phone=people.phone(rng))
    return values


def designee_enrollment(cast: Cast, rng: Generator) -> Values:
    """Somebody new is to act for a certified prescriber; both sign."""
    first, last = people.name(rng)
    values: Values = {
        "designee_first_name": first,
        "designee_last_name": last,
        "designee_credentials": pick(rng, ("nurse", "pharmacist", "physician", "office")),
        "designee_email": people.email(first, last, "clinic"),
        "designee_phone": people.phone(rng),
        **_practice(pick(rng, words()["cities"]), rng),
        **_prescriber_names(cast),
        "attestation_agreed": True,
        "designee_signature": f"{first} {last}",
        "designee_signature_date": on_form(cast.received),
        "prescriber_signature": cast.prescriber_name,
        "signature_date": on_form(cast.received),
    }
    _sometimes(values, rng, 0.2, designee_fax=people.phone(rng))
    _sometimes(values, rng, 0.3, preferred_contact=pick(rng, ("email", "fax", "phone")))
    return values


def pharmacy(_cast: Cast, rng: Generator) -> Values:
    """A pharmacy certifies; what both pharmacy forms have."""
    first, last = people.name(rng)
    city = pick(rng, words()["cities"])
    values: Values = {
        "pharmacy_name": _shop(rng, city[0]),
        "pharmacy_address": _street(rng),
        "pharmacy_city": city[0],
        "pharmacy_state": city[1],
        "pharmacy_zip": people.zip_code(rng),
        "pharmacy_phone": people.phone(rng),
        "pharmacy_fax": people.phone(rng),
        "pharmacy_npi": people.npi(rng),
        "representative_first_name": first,
        "representative_last_name": last,
        "representative_credentials": pick(rng, ("rph", "pharmd", "bcps")),
        "representative_email": people.email(first, last, "rx"),
        "representative_phone": people.phone(rng),
        "attestation_agreed": True,
        "representative_printed_name": f"{first} {last}",
        "representative_signature": f"{first} {last}",
        "signature_date": on_form(_cast.received),
    }
    _sometimes(values, rng, 0.7, representative_title=pick(rng, words()["titles"]))
    _sometimes(values, rng, 0.3, pharmacy_dea=people.dea(rng, last))
    return values


def pharmacy_inpatient(cast: Cast, rng: Generator) -> Values:
    """A hospital's pharmacy."""
    values = pharmacy(cast, rng)
    setting = pick(rng, ("hospital", "psychiatric", "long_term_care", "correctional"))
    return values | {"facility_name": f"{values['pharmacy_city']} General Hospital", "pharmacy_setting": setting}


def pharmacy_outpatient(cast: Cast, rng: Generator) -> Values:
    """A shop."""
    values = pharmacy(cast, rng) | {"pharmacy_ncpdp": f"{rng.integers(1_000_000, 9_999_999)}"}
    setting = pick(rng, ("retail", "chain", "mail", "clinic", "hospital_outpatient"))
    if setting == "chain":
        values |= {"chain_name": _shop(rng), "store_number": f"{rng.integers(100, 9999)}"}
    return values | {"pharmacy_setting": setting}


IN_ORDER: dict[str, Callable[[Cast, Generator], Values]] = {
    "psf_2021": patient_status,
    "anc_lab_2015": anc_lab,
    "patient_enrollment_2015": patient_enrollment,
    "prescriber_enrollment_2021": prescriber_enrollment,
    "designee_enrollment_2021": designee_enrollment,
    "pharmacy_inpatient_2021": pharmacy_inpatient,
    "pharmacy_outpatient_2021": pharmacy_outpatient,
}


def _patient_names(cast: Cast) -> Values:
    return {
        "patient_first_name": cast.patient.first_name,
        "patient_last_name": cast.patient.last_name,
        "patient_dob": on_form(cast.patient.dob),
        "patient_zip": cast.patient.zip,
        "patient_gender": cast.patient.gender,
    }


def _prescriber_names(cast: Cast) -> Values:
    return {
        "prescriber_first_name": cast.prescriber.first_name,
        "prescriber_last_name": cast.prescriber.last_name,
        "prescriber_npi": cast.prescriber.npi,
        "prescriber_phone": cast.prescriber.phone,
    }


def _practice(city: Sequence[str], rng: Generator) -> Values:
    return {
        "practice_name": f"{city[0]} {pick(rng, words()['practices'])}",
        "practice_address": _street(rng),
        "practice_city": city[0],
        "practice_state": city[1],
        "practice_zip": people.zip_code(rng),
    }


def _street(rng: Generator) -> str:
    return f"{rng.integers(1, 9999)} {pick(rng, words()['streets'])}"


def _shop(rng: Generator, city: str | None = None) -> str:
    return f"{city or pick(rng, words()['last_names'])} {pick(rng, words()['pharmacies'])}"


def _sometimes(values: Values, rng: Generator, chance: float, **more: str) -> None:
    if rng.random() < chance:
        values.update(more)
