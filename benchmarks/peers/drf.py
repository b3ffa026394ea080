"""The peer: customers as Django REST framework and djangorestframework-xml serve them, with the documented layout.

What a careful developer writes: the middleware of `startproject`, a model serializer, the group by a join, customer
codes numbered from a counter in one transaction with the record, connections that stay open, no count of all rows a
page. Kinder than life: no authentication, no history, no feed, no tombstones. SQLite is as durable as ours: WAL and
synchronous=FULL. `python drf.py N` fills `$BENCH_PEER_DB`.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": os.environ["BENCH_PEER_DB"],
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
    },
}
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a benchmark",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": DATABASE},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "rest_framework",
    ],
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - models and views need the settings
from django.db import connection, models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils.encoding import force_str  # noqa: E402
from django.utils.xmlutils import SimplerXMLGenerator  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework_xml.parsers import XMLParser  # noqa: E402
from rest_framework_xml.renderers import XMLRenderer  # noqa: E402

import customers as sample  # noqa: E402

PAGE = 100
CODES = "customer.code"


class Counter(models.Model):
    """The next number of something."""

    name = models.CharField(max_length=64, primary_key=True)
    next = models.BigIntegerField()

    class Meta:
        app_label = "bench"


class Group(models.Model):
    """A kind of customer."""

    name = models.CharField(max_length=64)
    discount_percent = models.IntegerField()

    class Meta:
        app_label = "bench"


class Customer(models.Model):
    """A customer, in the documentation's words."""

    alternate_code = models.CharField(max_length=30, null=True, blank=True, unique=True)
    city = models.CharField(max_length=50, null=True, blank=True)
    code = models.CharField(max_length=20, unique=True)
    company_name = models.CharField(max_length=50, null=True, blank=True)
    country = models.CharField(max_length=2, null=True, blank=True)
    customer_type = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL)
    email = models.CharField(max_length=50, null=True, blank=True)
    fax = models.CharField(max_length=50, null=True, blank=True)
    first_name = models.CharField(max_length=50, null=True, blank=True)
    last_name = models.CharField(max_length=50, null=True, blank=True)
    mobile = models.CharField(max_length=50, null=True, blank=True)
    name = models.CharField(max_length=100)
    remark = models.TextField(null=True, blank=True)
    state = models.CharField(max_length=50, blank=True, default="")
    status = models.CharField(max_length=1, null=True, blank=True)
    street = models.CharField(max_length=50, null=True, blank=True)
    tax_exempt = models.BooleanField(default=False)
    telephone = models.CharField(max_length=50, null=True, blank=True)
    tin = models.CharField(max_length=30, null=True, blank=True)
    zipcode = models.CharField(max_length=50, null=True, blank=True)
    birthdate = models.DateField(null=True, blank=True)
    utc_created_at = models.DateTimeField()
    utc_updated_at = models.DateTimeField()

    class Meta:
        app_label = "bench"

    @property
    def customer_type_name(self) -> str | None:
        """The group's name."""
        return self.customer_type.name if self.customer_type_id else None

    @property
    def discount_text(self) -> str:
        """The group's discount."""
        return f"{self.customer_type.discount_percent}%" if self.customer_type_id else ""


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer on the wire."""

    birthday = serializers.DateField(source="birthdate", read_only=True)

    class Meta:
        model = Customer
        fields = (
            *("alternate_code", "birthday", "city", "code", "company_name", "country", "customer_type_id", "email"),
            *("fax", "first_name", "id", "last_name", "mobile", "name", "remark", "state", "status", "street"),
            *("tax_exempt", "telephone", "tin", "zipcode", "customer_type_name", "discount_text", "birthdate"),
            *("utc_created_at", "utc_updated_at"),
        )
        read_only_fields = ("code", "customer_type_id", "id", "status", "utc_created_at", "utc_updated_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A name splits into first and last; first and last make a name."""
        if "first_name" in attrs or "last_name" in attrs:
            parts = (attrs.get("first_name"), attrs.get("last_name"))
            attrs["name"] = " ".join(part for part in parts if part)
        elif "name" in attrs:
            first, _, last = attrs["name"].partition(" ")
            attrs["first_name"], attrs["last_name"] = first, last or None
        return attrs


class DocumentedRenderer(XMLRenderer):
    """The documentation's layout: indented, typed lists, nil where nothing was ever set."""

    charset = "UTF-8"
    item = "customer"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """The whole document."""
        stream = StringIO()
        xml = SimplerXMLGenerator(stream, self.charset)
        xml.startDocument()
        if isinstance(data, Sequence):
            self._list(xml, data)
        else:
            self._record(xml, data, "")
        return stream.getvalue()

    def _list(self, xml: SimplerXMLGenerator, data: Sequence[Mapping[str, Any]]) -> None:
        xml.startElement(f"{self.item}s", {"type": "array"})
        xml.ignorableWhitespace("\n")
        for item in data:
            self._record(xml, item, "  ")
        xml.endElement(f"{self.item}s")
        xml.ignorableWhitespace("\n")

    def _record(self, xml: SimplerXMLGenerator, data: Mapping[str, Any], indent: str) -> None:
        xml.ignorableWhitespace(indent)
        xml.startElement(self.item, {})
        xml.ignorableWhitespace("\n")
        for key, value in data.items():
            xml.ignorableWhitespace(f"{indent}  ")
            xml.startElement(key, {"nil": "true"} if value is None else {})
            if value is not None:
                xml.characters(str(value).lower() if isinstance(value, bool) else force_str(value))
            xml.endElement(key)
            xml.ignorableWhitespace("\n")
        xml.ignorableWhitespace(indent)
        xml.endElement(self.item)
        xml.ignorableWhitespace("\n")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class Views:
    """What both views share."""

    queryset = Customer.objects.select_related("customer_type").order_by("id")
    serializer_class = CustomerSerializer
    parser_classes = (XMLParser,)
    renderer_classes = (DocumentedRenderer,)


class CustomerList(Views, generics.ListCreateAPIView[Customer]):
    """`/api/customers.xml`."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page, without a count of all."""
        page = int(request.query_params.get("page", 1))
        rows = self.get_queryset()[(page - 1) * PAGE : page * PAGE]
        return Response(self.get_serializer(rows, many=True).data)

    @transaction.atomic
    def perform_create(self, serializer: serializers.BaseSerializer[Customer]) -> None:
        """Number and stamp it."""
        moment = now()
        numbers = Counter.objects.filter(name=CODES)
        numbers.update(next=models.F("next") + 1)
        code = f"{numbers.values_list('next', flat=True).get():06d}"
        serializer.save(code=code, utc_created_at=moment, utc_updated_at=moment)


class CustomerDetail(Views, generics.RetrieveUpdateAPIView[Customer]):
    """`/api/customers/{id}.xml`."""

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is absent stays."""
        return self.partial_update(request, *args, **kwargs)

    def perform_update(self, serializer: serializers.BaseSerializer[Customer]) -> None:
        """Stamp it."""
        serializer.save(utc_updated_at=now())


urlpatterns = [
    path("api/customers.xml", CustomerList.as_view()),
    path("api/customers/<int:pk>.xml", CustomerDetail.as_view()),
]
application = WSGIHandler()


def fill(total: int) -> None:
    """Make the tables and the customers."""
    with connection.schema_editor() as editor:
        editor.create_model(Counter)
        editor.create_model(Group)
        editor.create_model(Customer)
    Counter.objects.create(name=CODES, next=total)
    groups = enumerate(sample.GROUPS, sample.FIRST_GROUP_ID)
    Group.objects.bulk_create(
        Group(pk=number, name=title, discount_percent=rate // 100) for number, (_, title, rate) in groups
    )
    rows = (_row(number, values) for number, values in sample.customers(total))
    while batch := list(islice(rows, sample.BATCH)):
        Customer.objects.bulk_create(batch)


def _row(number: int, values: sample.Wire) -> Customer:
    moment = datetime.fromtimestamp(sample.stamp(number), UTC)
    place = sample.group(number)
    first, _, last = values["name"].partition(" ")
    known: dict[str, Any] = {
        **values,
        "code": f"{number:06d}",
        "first_name": first,
        "last_name": last,
        "birthdate": date.fromisoformat(values["birthdate"]) if "birthdate" in values else None,
        "customer_type_id": None if place is None else sample.FIRST_GROUP_ID + place,
    }
    return Customer(pk=number, utc_created_at=moment, utc_updated_at=moment, **known)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
