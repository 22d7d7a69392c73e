"""Connections: stored credentials for outside systems."""

from __future__ import annotations

from django.db import models


class ConnectionKind(models.TextChoices):
    HTTP = "http", "HTTP service"
    PAYMENT = "payment", "Payment service"
    SMTP = "smtp", "Mail server"
    AGENT_REST = "agent_rest", "Remote agent, REST"
    AGENT_GRPC = "agent_grpc", "Remote agent, gRPC"


class Connection(models.Model):
    name = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=ConnectionKind)
    base_url = models.CharField(max_length=300, blank=True)
    # The only hosts that the credential is ever sent to.
    hosts = models.JSONField(default=list)
    settings = models.JSONField(default=dict, blank=True)
    # AES-256-GCM under the installation's key, bound to id and secret_version; write-only for people.
    secret = models.BinaryField(null=True, editable=False)
    secret_version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
