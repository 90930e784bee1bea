"""Sends the signals of events."""
from datetime import datetime, timedelta, timezone as datetime_timezone
from decimal import Decimal

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, DecimalField, DurationField, signals
from django.utils import timezone

from .models import Event


def waiting(using="default", limit=100):
    """The primary keys of events that wait, the oldest first."""
    events = Event.objects.using(using).filter(replayed=None).order_by("pk")
    return list(events.values_list("pk", flat=True)[:limit])


def replay(pk, using="default"):
    """Sends the signal of one event. Returns whether it was sent: not if another process did, or the object is gone.

    The event is marked in the transaction in which the receivers run.
    """
    with transaction.atomic(using=using):
        # First, so that another process waits for this one and then finds the mark.
        if not Event.objects.using(using).filter(pk=pk, replayed=None).update(replayed=timezone.now()):
            return False
        return send(Event.objects.using(using).get(pk=pk), using)


def send(event, using):
    model = apps.get_model(event.app_label, event.model)
    if event.event == Event.DELETED:
        instance = deleted_instance(model, event, using)
        signals.post_delete.send(sender=model, instance=instance, using=using, origin=instance)
        return True
    instance = model._base_manager.using(using).filter(pk=event.object_pk).first()
    if instance is None:
        return False
    if event.event == Event.M2M:
        return send_m2m_changed(model, instance, event.data, using)
    update_fields = None if event.update_fields is None else frozenset(event.update_fields)
    signals.post_save.send(
        sender=model, instance=instance, created=event.is_new, update_fields=update_fields, raw=False, using=using
    )
    return True


def deleted_instance(model, event, using):
    """The object with the values that it had."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    values = {}
    for column, value in (event.data or {}).items():
        if column in fields:
            values[fields[column].attname] = to_python(fields[column], value)
    instance = model(**values)
    instance.pk = model._meta.pk.to_python(event.object_pk)
    instance._state.adding = False
    instance._state.db = using
    return instance


def to_python(field, value):
    field = getattr(field, "target_field", field)
    if value is None:
        return None
    if isinstance(field, DateTimeField) and settings.USE_TZ:
        # vitamin writes UTC.
        return datetime.fromisoformat(value).replace(tzinfo=datetime_timezone.utc)
    if isinstance(field, DurationField):
        return timedelta(microseconds=value)
    if isinstance(field, DecimalField):
        # With the field's number of places, as Django reads it.
        return Decimal(value).quantize(Decimal(1).scaleb(-field.decimal_places), context=field.context)
    return field.to_python(value)


def send_m2m_changed(model, instance, data, using):
    through, target = relation(model, data["through"], data["reverse"])
    signals.m2m_changed.send(
        sender=through,
        instance=instance,
        action=data["action"],
        reverse=data["reverse"],
        model=target,
        # Django names no rows here.
        pk_set=None if data["action"] == "post_clear" else {target._meta.pk.to_python(pk) for pk in data["pk_set"]},
        using=using,
    )
    return True


def relation(model, table, reverse):
    """The model of the table between the two, and the other model."""
    if reverse:
        relations = [related for related in model._meta.related_objects if related.many_to_many]
        found = [(r.through, r.related_model) for r in relations if r.through._meta.db_table == table]
    else:
        fields = [(f.remote_field.through, f.related_model) for f in model._meta.many_to_many]
        found = [(through, other) for through, other in fields if through._meta.db_table == table]
    if not found:
        raise LookupError(f"{model._meta.label} has no many-to-many relation by the table {table}")
    return found[0]
