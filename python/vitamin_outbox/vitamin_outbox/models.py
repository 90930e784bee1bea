from django.db import models


class Event(models.Model):
    """One write of vitamin. It writes the rows; Django marks them as replayed."""

    SAVED, DELETED, M2M = "saved", "deleted", "m2m"

    created = models.DateTimeField(auto_now_add=True)
    app_label = models.CharField(max_length=100)
    model = models.CharField(max_length=100)
    object_pk = models.TextField()
    event = models.CharField(max_length=10)
    is_new = models.BooleanField(default=False)
    update_fields = models.JSONField(null=True)
    data = models.JSONField(null=True)
    replayed = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="vitamin_outbox_waiting", condition=models.Q(replayed__isnull=True)),
        ]

    def __str__(self):
        return f"{self.pk}: {self.app_label}.{self.model} {self.object_pk} {self.event}"
