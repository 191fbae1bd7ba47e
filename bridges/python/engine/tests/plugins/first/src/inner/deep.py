from helper import NAME
from . import data_text

LOADED = f"{NAME}/{data_text()}"
