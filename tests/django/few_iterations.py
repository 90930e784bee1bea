"""Django's preferred hasher with few iterations, so that thousands of logins take little time."""
from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewIterations(PBKDF2PasswordHasher):
    iterations = 1000
