"""Greets, and logs whom: a consumer of the logger interface in Python."""

from componentize_py_types import Err
from wit_world.exports import Greet as GreetInterface
from wit_world.imports import log


class Greet(GreetInterface):
    def greet(self, name: str) -> str:
        if name == "":
            log.write(log.Level_Error(), "python: nobody to greet")
            raise Err("nobody to greet")
        log.write(log.Level_Info(), f"python: greeting {name}")
        return f"Hello, {name}, from Python"
