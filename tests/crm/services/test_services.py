"""Services: what customers have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.models import Activity, AuditEntry, Customer, Event, Service
from crm.services.services import NewService, create_service, create_services, delete_service, update_service
from tests.crm.people import People


@pytest.fixture
def service(people: People, customer: Customer) -> Service:
    return create_service(actor=people.owner, new=NewService(customer.pk, "Internet"))


def test_a_service_is_told_on_the_timeline(people: People, service: Service) -> None:
    assert Activity.objects.latest("pk").summary == "Service added: Internet"
    assert Event.objects.get(topic="service.created").payload["after"]["type"] == "Internet"


def test_a_change_of_status_is_told_in_words(people: People, service: Service) -> None:
    update_service(actor=people.colleague, service_id=service.pk, changes={"status": "active"})
    assert Activity.objects.latest("pk").summary == "Internet: Status: Pending → Active"


def test_an_end_before_the_start_is_refused(people: People, service: Service) -> None:
    early = service.start_time - timedelta(hours=1)
    with pytest.raises(InvalidInput):
        update_service(actor=people.owner, service_id=service.pk, changes={"end_time": early})
    assert Service.objects.get().end_time is None


def test_of_several_services_the_wrong_one_is_named(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_services(actor=people.owner, items=[NewService(customer.pk, "A"), NewService(customer.pk, "")])
    assert caught.value.errors[0]["field"] == "1.type"
    assert not Service.objects.exists()


def test_a_stranger_can_neither_see_nor_change_it(people: People, service: Service) -> None:
    with pytest.raises(NotFound):
        update_service(actor=people.stranger, service_id=service.pk, changes={"status": "active"})
    assert Service.objects.get().status == "pending"


def test_an_operator_may_not_delete_it(people: People, service: Service) -> None:
    with pytest.raises(NotAllowed):
        delete_service(actor=people.owner, service_id=service.pk)
    delete_service(actor=people.manager, service_id=service.pk)
    assert AuditEntry.objects.filter(action="service.delete").count() == 1
