# SPDX-License-Identifier: GPL-3.0-or-later
"""A vision language model as the judge of rendered layouts, behind any OpenAI-compatible server.

Importing this needs nothing beyond the standard library; making a `RenderJudge` needs the `openai` package.
"""

from .judge import RenderJudge
from .rubric import CRITERIA, RUBRIC_VERSION, Criterion
from .settings import JudgeError, JudgeSettings
from .usage import Price, Usage

__all__ = ["CRITERIA", "RUBRIC_VERSION", "Criterion", "JudgeError", "JudgeSettings", "Price", "RenderJudge", "Usage"]
