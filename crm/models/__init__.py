"""The CRM's records, one file per noun."""

from crm.models.activities import Activity
from crm.models.audit import AuditEntry
from crm.models.customers import Customer, Lifecycle, Tag
from crm.models.events import Event, EventCursor
from crm.models.fields import CustomField
from crm.models.imports import Import, ImportedRecord
from crm.models.members import Member, RefreshToken, Role, SavedView, Team
from crm.models.requests import ServiceRequest
from crm.models.scores import Score
from crm.models.segments import Segment
from crm.models.services import Service

__all__ = [
    "Activity",
    "AuditEntry",
    "CustomField",
    "Customer",
    "Event",
    "EventCursor",
    "Import",
    "ImportedRecord",
    "Lifecycle",
    "Member",
    "RefreshToken",
    "Role",
    "SavedView",
    "Score",
    "Segment",
    "Service",
    "ServiceRequest",
    "Tag",
    "Team",
]
