import logging
import time
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, close_old_connections
from django.utils import timezone

from vitamin_outbox.models import Event
from vitamin_outbox.replay import replay, waiting

logger = logging.getLogger("vitamin_outbox")


class Command(BaseCommand):
    help = "Sends Django's signals for what vitamin wrote."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="End when no event waits.")
        parser.add_argument("--batch", type=int, default=100, help="Read at most so many events at a time.")
        parser.add_argument("--poll", type=float, default=1.0, help="Seconds between two looks for new events.")
        parser.add_argument("--prune", type=int, metavar="DAYS", help="Delete events replayed so many days ago.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="The database that vitamin writes to.")

    def handle(self, *, once, batch, poll, prune, database, verbosity, **options):
        if batch < 1 or poll <= 0:
            raise CommandError("--batch and --poll must be positive.")
        while True:
            try:
                sent = self.replay_waiting(batch, database)
                if prune is not None:
                    before = timezone.now() - timedelta(days=prune)
                    Event.objects.using(database).filter(replayed__lt=before).delete()
            except Exception as error:
                if once:
                    raise
                logger.exception("An event could not be replayed: %s", error)
                sent = 0
                # A lost connection is opened anew.
                close_old_connections()
            if once:
                if verbosity:
                    self.stdout.write(f"Replayed {sent} event{'' if sent == 1 else 's'}.")
                return
            time.sleep(poll)

    def replay_waiting(self, batch, database):
        sent = 0
        while pks := waiting(database, batch):
            sent += sum(replay(pk, database) for pk in pks)
        return sent
