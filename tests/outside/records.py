"""Records as a client of the XML API has them."""

from xml.etree import ElementTree as ET

Record = dict[str, object]
"""Every field of a record, by its name; None where it is nil, a list where there are records inside."""

Copy = dict[int, Record]
"""Records by id."""


def record_of(element: ET.Element) -> Record:
    return {field.tag: _value(field) for field in element}


def id_of(record: Record) -> int:
    return int(str(record["id"]))


def _value(field: ET.Element) -> object:
    if field.get("type") == "array":
        return [record_of(item) for item in field]
    return None if field.get("nil") == "true" else field.text or ""
