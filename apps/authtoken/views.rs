//! `obtain_auth_token` (`rest_framework/authtoken/views.py`): a token for a user's name and password.
