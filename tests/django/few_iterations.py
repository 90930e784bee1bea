"""Django's preferred hasher at a cost that a load of thousands of logins can bear."""
from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewIterations(PBKDF2PasswordHasher):
    iterations = 1000
