import importlib.resources


def data_text() -> str:
    return importlib.resources.files("inner").joinpath("data.txt").read_text().strip()
