NAME = "second helper"
