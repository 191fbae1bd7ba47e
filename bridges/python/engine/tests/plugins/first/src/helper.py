NAME = "first helper"
