NAME = "imported late"
