"""Imports: upload, dry run, start, undo."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.imports.reading import MOST_BYTES
from crm.models import Import
from crm.selectors.imports import get_import, list_imports
from crm.services import imports
from crm.validation import refuse


class ImportList(CrmView):
    kind = Import
    actions = {"GET": "read", "POST": "create"}
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="imports_list", parameters=PAGING, responses=shapes.ImportPage)
    def get(self, request: Request) -> Response:
        page = list_imports(actor=self.actor, cursor=self.text("cursor"), size=self.size())
        return self.show_page(shapes.ImportOut, page)

    @extend_schema(
        operation_id="imports_upload",
        description="A CSV file of customers; the answer proposes where its columns could go.",
        request=shapes.UploadIn,
        responses={201: shapes.ImportOut},
    )
    def post(self, request: Request) -> Response:
        file = self.read(shapes.UploadIn)["file"]
        if file.size > MOST_BYTES:
            raise refuse("file", "The file is larger than 20 MB; split it.")
        source = imports.upload_import(actor=self.actor, file_name=file.name, content=file.read())
        return self.show(shapes.ImportOut, source, 201)


class ImportDetail(CrmView):
    kind = Import
    actions = {"GET": "read"}

    @extend_schema(operation_id="imports_read", responses=shapes.ImportOut)
    def get(self, request: Request, import_id: int) -> Response:
        return self.show(shapes.ImportOut, get_import(actor=self.actor, import_id=import_id))


class ImportCheck(CrmView):
    kind = Import
    actions = {"POST": "update"}
    parser_classes = (JSONParser,)

    @extend_schema(
        operation_id="imports_check",
        description="The dry run: counts what each row would do, and writes none of it.",
        request=shapes.CheckIn,
        responses=shapes.ImportOut,
    )
    def post(self, request: Request, import_id: int) -> Response:
        given = self.read(shapes.CheckIn)
        return self.show(shapes.ImportOut, imports.check_import(actor=self.actor, import_id=import_id, **given))


class ImportStart(CrmView):
    kind = Import
    actions = {"POST": "update"}

    @extend_schema(operation_id="imports_start", request=None, responses={202: shapes.ImportOut})
    def post(self, request: Request, import_id: int) -> Response:
        return self.show(shapes.ImportOut, imports.start_import(actor=self.actor, import_id=import_id), 202)


class ImportUndo(CrmView):
    kind = Import
    actions = {"POST": "undo"}

    @extend_schema(
        operation_id="imports_undo",
        description="Deletes what the import created. Customers that anything happened to since are kept, and counted.",
        request=None,
        responses=shapes.ImportOut,
    )
    def post(self, request: Request, import_id: int) -> Response:
        return self.show(shapes.ImportOut, imports.undo_import(actor=self.actor, import_id=import_id))
