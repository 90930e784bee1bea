"""The reference tracker's URLs, with Django's admin."""
from django.contrib import admin
from django.urls import path
from tracker import urls
from tracker.models import Issue, Label, Project

admin.site.register([Label, Project, Issue])
urlpatterns = [path("admin/", admin.site.urls), *urls.urlpatterns]
