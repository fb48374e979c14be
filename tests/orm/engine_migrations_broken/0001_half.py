# ruff: noqa: RUF012 (the form that Tortoise reads)
from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.RunSQL("CREATE TABLE half (id INT PRIMARY KEY); INSERT INTO half (id) VALUES (1)"),
        ops.RunSQL("CREATE TABLE half (id INT PRIMARY KEY)"),
    ]
