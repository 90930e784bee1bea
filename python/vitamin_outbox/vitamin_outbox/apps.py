from django.apps import AppConfig


class VitaminOutboxConfig(AppConfig):
    name = "vitamin_outbox"
    default_auto_field = "django.db.models.BigAutoField"
